// `kill -9` where containers have several runs at hand: only of those that somebody waits for.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ActivationRecord,
  annotationOf,
  invoke,
  putAction,
  readActivation,
  waitFor,
} from "../api/fixture.ts";
import { startBrisk } from "../harness.ts";
import {
  checkTold,
  createTold,
  floodUntilEnd,
  putNoting,
  startForFloods,
  toRunsFile,
} from "./ahead.ts";
import { createRandom } from "./random.ts";
import { readRuns, toNote } from "./runs-and-records.ts";
import { openTestDirectory } from "./test-directory.ts";

const ROUNDS = 4;
const ANSWERS_MAX = 400;
const SEEDS = 2 ** 31;

test("a kill in a flood of very short runs loses none, and none runs twice", async (context) => {
  const seed = Math.floor(Math.random() * SEEDS);
  context.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  await using directory = await openTestDirectory();
  const told = createTold();
  for (let round = 0; round < ROUNDS; round++) {
    await using brisk = await startForFloods(directory.data);
    if (round === 0) await putNoting(brisk);
    await floodUntilEnd(brisk, told, {
      answersMax: 100 + random.below(ANSWERS_MAX),
      acceptedEvery: round % 2 === 0 ? 2 : 8,
      end: () => void brisk.stop("SIGKILL"),
    });
  }
  await using brisk = await startForFloods(directory.data);
  await checkTold(brisk, told);
});

/** One container, so that all of them are one behind the other. */
const NARROW = ["--driver", "process", "--memory", "256", "--stem-cells", "0"];
/** So many quick ones and a first one of that length are taken for quick on the whole. */
const FIRST_MS = 150;
const QUICK = 20;
const ENDLESS_MS = 5000;

test("what nobody waits for is not handed over behind what does not end", async () => {
  await using directory = await openTestDirectory();
  const runsFile = toRunsFile(directory.data);
  const before: string[] = [];
  const behind: string[] = [];
  let endless: string;
  {
    await using brisk = await startBrisk({ data: directory.data, args: NARROW });
    const code = `const main = ({ ms }) => {
      ${toNote(runsFile)}
      for (const until = Date.now() + ms; Date.now() < until; );
      return {};
    };`;
    await putAction(brisk, { name: "noting", code });
    const send = async (ms: number) => {
      const { status, json, text } = await invoke(brisk, "noting", { query: "", body: { ms } });
      assert.equal(status, 202, text);
      return (json as ActivationRecord).activationId;
    };
    before.push(await send(FIRST_MS));
    for (let count = 0; count < QUICK; count++) before.push(await send(0));
    endless = await send(ENDLESS_MS);
    for (let count = 0; count < QUICK; count++) behind.push(await send(0));
    for (const id of before) await readActivation(brisk, id);
    await waitFor(async () => (await readRuns(runsFile)).has(endless) || undefined);
    await brisk.stop("SIGKILL");
  }
  await using brisk = await startBrisk({ data: directory.data, args: NARROW });
  assert.equal(annotationOf(await readActivation(brisk, endless), "abandoned"), true);
  for (const id of [...before, ...behind]) {
    const { response } = await readActivation(brisk, id);
    assert.equal(response.status, "success", JSON.stringify(response));
  }
  for (const [id, count] of await readRuns(runsFile)) {
    assert.equal(count, 1, `${id} ran ${count} times`);
  }
});
