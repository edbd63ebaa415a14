// `kill -9` while triggers are fired with idempotency keys: whoever repeats a request hears of a firing that
// has its record, and what it fired ran once.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type ActivationRecord, OWN, putAction, readActivation } from "../api/fixture.ts";
import { type Brisk, startBrisk } from "../harness.ts";
import { createRandom, type Random } from "./random.ts";
import { readRuns, toNote } from "./runs-and-records.ts";
import { openTestDirectory } from "./test-directory.ts";

const ROUNDS = 6;
const CLIENTS = 12;
const ANSWERS_MAX = 60;
const KILL_AFTER_MS_MAX = 5;
const SEEDS = 2 ** 31;
const RULES = ["one", "two"];

test("killed at any moment, a key stands for a firing that has its record", async (context) => {
  const seed = Math.floor(Math.random() * SEEDS);
  context.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  await using directory = await openTestDirectory();
  await using started = new AsyncDisposableStack();
  const start = async () => {
    const args = ["--driver", "process"];
    return started.use(await startBrisk({ data: directory.data, args }));
  };
  const runsFile = join(directory.data, "runs");
  let brisk = await start();
  await setUp(brisk, runsFile);
  const fired = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const sent = await loadAndKill(brisk, random, round);
    brisk = await start();
    for (const [key, before] of sent) {
      const id = await fire(brisk, key);
      assert.equal(id, before ?? id, key);
      fired.add(id);
    }
  }
  const ran = new Set<string>();
  for (const id of fired) {
    const { logs } = await readActivation(brisk, id);
    assert.deepEqual(logs.map((line) => JSON.parse(line).rule).sort(), RULES.map(toOwn), id);
    for (const line of logs) ran.add(JSON.parse(line).activationId);
  }
  for (const id of ran) await readActivation(brisk, id);
  // One that was not begun twice, or begun and not ended.
  for (const [id, count] of await readRuns(runsFile)) assert.equal(count, 1, id);
});

function toOwn(rule: string): string {
  return `guest/${rule}`;
}

async function setUp(brisk: Brisk, runsFile: string): Promise<void> {
  const note = toNote(runsFile);
  await putAction(brisk, { name: "note", code: `const main = () => { ${note} return {}; };` });
  await brisk.request("PUT", `${OWN}/triggers/bell`, { body: {} });
  for (const rule of RULES) {
    const body = { trigger: "/_/bell", action: "/_/note" };
    assert.equal((await brisk.request("PUT", `${OWN}/rules/${rule}`, { body })).status, 200);
  }
}

async function fire(brisk: Brisk, key: string): Promise<string> {
  const answer = await brisk.request("POST", `${OWN}/triggers/bell`, {
    body: { key },
    headers: { "idempotency-key": key },
  });
  assert.equal(answer.status, 202, answer.text);
  return (answer.json as ActivationRecord).activationId;
}

/** @returns the keys that were sent, with the firing where an answer came */
async function loadAndKill(
  brisk: Brisk,
  random: Random,
  round: number,
): Promise<ReadonlyMap<string, string | undefined>> {
  const sent = new Map<string, string | undefined>();
  const answersMax = 1 + random.below(ANSWERS_MAX);
  let answers = 0;
  let isKilled = false;
  const work = async () => {
    while (!isKilled) {
      const key = `${round}-${sent.size}`;
      sent.set(key, undefined);
      try {
        sent.set(key, await fire(brisk, key));
      } catch (cause) {
        if (!isKilled) throw cause;
      }
      if (++answers !== answersMax) continue;
      await delay(random.below(KILL_AFTER_MS_MAX));
      isKilled = true;
      await brisk.stop("SIGKILL");
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
  return sent;
}
