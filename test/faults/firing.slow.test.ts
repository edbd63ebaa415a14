// `kill -9` while triggers fire and their rules change: what was answered 202 has its record, and every
// action that the record names has its own; and a rule and its link are both there, or neither.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  type ActivationRecord,
  annotationOf,
  type Json,
  OWN,
  putAction,
  waitFor,
} from "../api/fixture.ts";
import { type Brisk, startBrisk } from "../harness.ts";
import { createRandom, type Random } from "./random.ts";
import { readErrors, readRecords, readRuns, toNote } from "./runs-and-records.ts";
import { openTestDirectory } from "./test-directory.ts";

const ROUNDS = 8;
const CLIENTS = 6;
const ANSWERS_MAX = 120;
const KILL_AFTER_MS_MAX = 10;
const SEEDS = 2 ** 31;
const TRIGGERS = ["one", "two"];
/** Of each trigger, beside those that come and go. */
const RULES = 3;

test("after kill -9 every firing that was accepted is whole, and so is every rule", async (context) => {
  const seed = Math.floor(Math.random() * SEEDS);
  context.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  await using directory = await openTestDirectory();
  await using started = new AsyncDisposableStack();
  const start = async () => {
    const args = ["--driver", "process"];
    return started.use(await startBrisk({ data: directory.data, args }));
  };
  const accepted = new Set<string>();
  const runsFile = join(directory.data, "runs");
  let brisk = await start();
  await setUp(brisk, runsFile);
  for (let round = 0; round < ROUNDS; round++) {
    await loadAndKill(brisk, { random, accepted });
    assert.deepEqual(readErrors(brisk), []);
    brisk = await start();
    await checkRules(brisk);
  }
  assert.ok(accepted.size > 0);
  await checkFirings(brisk, { accepted, runsFile });
});

async function setUp(brisk: Brisk, runsFile: string): Promise<void> {
  const note = toNote(runsFile);
  await putAction(brisk, { name: "note", code: `const main = () => { ${note} return {}; };` });
  for (const trigger of TRIGGERS) {
    await send(brisk, `PUT triggers/${trigger}`, {});
    for (let index = 0; index < RULES; index++) {
      const body = { trigger: `/_/${trigger}`, action: "/_/note" };
      await send(brisk, `PUT rules/${trigger}-${index}`, body);
    }
  }
}

/** The answer; what is refused for what else is going on is no fault. */
async function send(
  brisk: Brisk,
  line: `${string} ${string}`,
  body?: unknown,
): Promise<{ readonly status: number; readonly json: unknown }> {
  const [method = "", path = ""] = line.split(" ");
  const answer = await brisk.request(method, `${OWN}/${path}`, { body });
  assert.ok([200, 202, 404, 409].includes(answer.status), `${line}: ${answer.text}`);
  return answer;
}

interface Load {
  readonly random: Random;
  readonly accepted: Set<string>;
}

/** Killed after a random number of answers, so that the machine's pace does not matter. */
async function loadAndKill(brisk: Brisk, load: Load): Promise<void> {
  const { random } = load;
  const answersMax = 1 + random.below(ANSWERS_MAX);
  const killed = new AbortController();
  let answers = 0;
  const work = async (_: unknown, client: number) => {
    while (!killed.signal.aborted) {
      if (answers >= answersMax) {
        killed.abort();
        await delay(random.below(KILL_AFTER_MS_MAX));
        await brisk.stop("SIGKILL");
        return;
      }
      await sendOne(brisk, { ...load, client }).catch((cause: unknown) => {
        if (!killed.signal.aborted) throw cause;
      });
      answers++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
}

async function sendOne(
  brisk: Brisk,
  { random, accepted, client }: Load & { readonly client: number },
): Promise<void> {
  const trigger = TRIGGERS[random.below(TRIGGERS.length)] ?? "";
  // Half of them change rules that are nobody else's, by all ways in turn.
  if (client % 2 === 0) {
    const { status, json } = await send(brisk, `POST triggers/${trigger}`, { n: client });
    assert.equal(status, 202);
    accepted.add((json as ActivationRecord).activationId);
    return;
  }
  const path = `rules/moving-${client}`;
  const links = { trigger: `/_/${trigger}`, action: "/_/note" };
  const change = random.below(4);
  if (change === 0) await send(brisk, `DELETE ${path}`);
  else if (change === 1) {
    await send(brisk, `POST ${path}`, { status: random.below(2) === 0 ? "active" : "inactive" });
  } else await send(brisk, `PUT ${path}?overwrite=true`, links);
}

/** Every rule has its link where it says, and there is no other link. */
async function checkRules(brisk: Brisk): Promise<void> {
  const rules = (await send(brisk, "GET rules?limit=0")).json as Json[];
  const expected = rules.map(({ name, trigger }) => `${(trigger as Json)["name"]} guest/${name}`);
  const links: string[] = [];
  for (const trigger of TRIGGERS) {
    const { json } = await send(brisk, `GET triggers/${trigger}`);
    const found = Object.keys((json as { readonly rules: Json }).rules);
    links.push(...found.map((id) => `${trigger} ${id}`));
  }
  assert.deepEqual(new Set(links), new Set(expected));
}

async function checkFirings(
  brisk: Brisk,
  { accepted, runsFile }: { readonly accepted: ReadonlySet<string>; readonly runsFile: string },
): Promise<void> {
  // What a firing published that was not answered runs too: until all that ran is recorded.
  const { records, runs } = await waitFor(async () => {
    const records = await readRecords(brisk);
    const runs = await readRuns(runsFile);
    const ids = [...runs.keys(), ...[...accepted].flatMap((id) => toFired(records.get(id)))];
    return ids.every((id) => records.has(id)) ? { records, runs } : undefined;
  });
  for (const id of accepted) {
    const record = records.get(id);
    assert.ok(record, `firing ${id} was accepted and is lost`);
    assert.ok(toFired(record).length >= RULES, `firing ${id} has fewer rules than there are`);
  }
  for (const [id, count] of runs) assert.equal(count, 1, `${id} ran ${count} times`);
  for (const [id, record] of records) {
    if (record.name !== "note" || runs.has(id)) continue;
    assert.equal(annotationOf(record, "abandoned"), true, `${id} is recorded and never ran`);
  }
}

/** The activations that a firing's record names. */
function toFired(record: ActivationRecord | undefined): readonly string[] {
  const lines = (record?.logs ?? []).map((line) => JSON.parse(line) as Json);
  return lines.flatMap(({ activationId }) =>
    typeof activationId === "string" ? [activationId] : [],
  );
}
