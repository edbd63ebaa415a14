// Rounds of `kill -9`: the platform works under mixed load, is killed at a random moment, and is started
// again on the same data directory. Every action writes down that it ran, so that afterwards what was
// promised to clients, what ran, and what is recorded can be held against each other.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ActivationRecord, annotationOf, invoke, putAction, waitFor } from "../api/fixture.ts";
import { type Brisk, startBrisk } from "../harness.ts";
import { createRandom, type Random } from "./random.ts";
import { readErrors, readRecords, readRuns, toNote } from "./runs-and-records.ts";

interface RoundsPlan {
  /** Every run has a seed of its own, so that the moments of one run add to those of all the others. */
  readonly rounds: number;
  /** Actions that run in a sandbox cannot write to the test's file: then records alone are counted. */
  readonly driver: "process" | "sandbox";
}

interface RoundsOptions extends RoundsPlan {
  readonly seed: number;
}

const PROGRAM = fileURLToPath(new URL("../../bin/brisk", import.meta.url));
const CLIENTS = 8;
const ANSWERS_MAX = 150;
const KILL_AFTER_MS_MAX = 10;
/** About what a start takes. */
const KILL_START_MS_MAX = 500;
const CLEAN_START_EVERY = 10;
const SEEDS = 2 ** 31;

/** What clients were told, over all rounds. */
interface Promised {
  /** Of 202 answers. */
  readonly accepted: Set<string>;
  /** Of 200 answers, with the record that came. */
  readonly answered: Map<string, ActivationRecord>;
}

interface Rounds {
  readonly promised: Promised;
  readonly records: ReadonlyMap<string, ActivationRecord>;
  /** How often each activation's action ran. */
  readonly runs: ReadonlyMap<string, number>;
  /** Of starts in an empty directory, for comparison. */
  readonly cleanStartMs: readonly number[];
  readonly restartMs: readonly number[];
  /** What the platforms logged as errors. */
  readonly errors: readonly string[];
}

/** One test, which says its seed. */
export function testRounds({ rounds, driver }: RoundsPlan): void {
  test(`in ${rounds} rounds of kill -9 nothing is lost, with driver ${driver}`, async (context) => {
    const seed = Math.floor(Math.random() * SEEDS);
    context.diagnostic(`seed ${seed}`);
    checkRounds(await runRounds({ rounds, seed, driver }), driver);
  });
}

/** Kills and restarts, waits until all that was accepted is recorded, and returns what there is. */
async function runRounds(options: RoundsOptions): Promise<Rounds> {
  const directory = await mkdtemp(join(tmpdir(), "brisk-rounds-"));
  try {
    return await runRoundsIn(directory, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runRoundsIn(directory: string, options: RoundsOptions): Promise<Rounds> {
  const { rounds, seed, driver } = options;
  const random = createRandom(seed);
  const promised: Promised = { accepted: new Set(), answered: new Map() };
  const [cleanStartMs, restartMs, errors]: [number[], number[], string[]] = [[], [], []];
  const runsFile = join(directory, "runs");
  const data = join(directory, "data");
  const args = ["--driver", driver];
  await using started = new AsyncDisposableStack();
  const start = async (into: number[]) => {
    const from = performance.now();
    const brisk = started.use(await startBrisk({ data, args }));
    into.push(performance.now() - from);
    return brisk;
  };

  let brisk = await start(cleanStartMs);
  await putActions(brisk, driver === "process" ? runsFile : undefined);
  for (let round = 0; round < rounds; round++) {
    await loadAndKill(brisk, { random, promised });
    errors.push(...readErrors(brisk));
    if (random.below(4) === 0) await killWhileStarting([...args, "--data", data], random);
    brisk = await start(restartMs);
    if (round % CLEAN_START_EVERY === 0) cleanStartMs.push(await measureCleanStart(args));
  }
  const { records, runs } = await readOutcome(brisk, { promised, runsFile });
  assert.equal(await brisk.stop(), 0, brisk.stderr());
  errors.push(...readErrors(brisk));
  return { promised, records, runs, cleanStartMs, restartMs, errors };
}

async function measureCleanStart(args: readonly string[]): Promise<number> {
  const from = performance.now();
  await using _brisk = await startBrisk({ args });
  return performance.now() - from;
}

async function killWhileStarting(args: readonly string[], random: Random): Promise<void> {
  const child = spawn(PROGRAM, ["up", "--port", "0", ...args], { stdio: "ignore" });
  const ended = once(child, "exit");
  await delay(random.below(KILL_START_MS_MAX));
  child.kill("SIGKILL");
  await ended;
}

async function putActions(brisk: Brisk, runsFile: string | undefined): Promise<void> {
  const note = runsFile === undefined ? "" : toNote(runsFile);
  const quick = `const main = ({ n }) => { ${note} return { n }; };`;
  const slow = `const main = async ({ n, ms }) => { ${note} await new Promise((done) => setTimeout(done, ms)); return { n }; };`;
  await putAction(brisk, { name: "quick", code: quick });
  await putAction(brisk, { name: "slow", code: slow });
}

interface Load {
  readonly random: Random;
  readonly promised: Promised;
}

/** Killed after a random number of answers, so that the machine's pace does not matter. */
async function loadAndKill(brisk: Brisk, load: Load): Promise<void> {
  const { random } = load;
  const answersMax = random.below(ANSWERS_MAX);
  const killed = new AbortController();
  let answers = 0;
  const send = async () => {
    while (!killed.signal.aborted) {
      if (answers >= answersMax) {
        killed.abort();
        // Up to one turn of the journal's writes and syncs later.
        if (random.below(4) === 0) brisk.child.kill("SIGTERM");
        await delay(random.below(KILL_AFTER_MS_MAX));
        await brisk.stop("SIGKILL");
        return;
      }
      await sendOne(brisk, load).catch((cause: unknown) => {
        if (!killed.signal.aborted) throw cause;
      });
      answers++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, send));
}

async function sendOne(brisk: Brisk, { random, promised }: Load): Promise<void> {
  const blocking = random.below(2) === 0;
  const name = random.below(4) === 0 ? "slow" : "quick";
  // Now and then one that does not fit in a page of anything.
  const filler = random.below(10) === 0 ? "x".repeat(random.below(100_000)) : "";
  const body = { n: random.below(1000), ms: random.below(200), filler };
  const { status, json } = await invoke(brisk, name, { query: `blocking=${blocking}`, body });
  const record = json as ActivationRecord;
  if (status === 202) promised.accepted.add(record.activationId);
  else if (status === 200) promised.answered.set(record.activationId, record);
  else assert.fail(`answered ${status}: ${JSON.stringify(json)}`);
}

/** All records and runs, once what was accepted and what ran is recorded. */
async function readOutcome(
  brisk: Brisk,
  { promised, runsFile }: { readonly promised: Promised; readonly runsFile: string },
): Promise<Pick<Rounds, "records" | "runs">> {
  return waitFor(async () => {
    // In this order: what ends in between would have a record and seem never to have run.
    const records = await readRecords(brisk);
    const runs = await readRuns(runsFile);
    const ids = [...promised.accepted, ...runs.keys()];
    return ids.every((id) => records.has(id)) ? { records, runs } : undefined;
  });
}

/** Fails where a promise was broken. */
function checkRounds(rounds: Rounds, driver: RoundsOptions["driver"]): void {
  const { promised, records, runs, errors } = rounds;
  assert.deepEqual(errors, []);
  for (const id of promised.accepted) assert.ok(records.has(id), `${id} was accepted and is lost`);
  for (const [id, answer] of promised.answered) {
    const record = records.get(id);
    assert.ok(record, `${id} was answered and is lost`);
    assert.deepEqual(record.response.result, answer.response.result, `${id} changed`);
  }
  for (const [id, count] of runs) {
    assert.equal(count, 1, `${id} ran ${count} times`);
    assert.ok(records.has(id), `${id} ran and is not recorded`);
  }
  for (const [id, record] of records) checkRecord(id, { record, ran: runs.has(id), driver });
  checkRestarts(rounds);
}

/** Against starts with nothing to take up on the same machine at the same time, so with room for noise. */
function checkRestarts({ cleanStartMs, restartMs }: Rounds): void {
  const [clean, restart] = [median(cleanStartMs), median(restartMs)];
  const said = `a restart took ${Math.round(restart)} ms, a clean start ${Math.round(clean)} ms`;
  assert.ok(restart <= RESTART_FACTOR_MAX * clean + RESTART_MS, said);
}

const RESTART_FACTOR_MAX = 2;
const RESTART_MS = 500;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

interface Found {
  readonly record: ActivationRecord;
  readonly ran: boolean;
  readonly driver: RoundsOptions["driver"];
}

function checkRecord(id: string, { record, ran, driver }: Found): void {
  const { status, result } = record.response;
  if (status === "success") {
    if (driver === "process") assert.ok(ran, `${id} is recorded as a success and never ran`);
    return;
  }
  const seen = `${id} is recorded as ${status}: ${JSON.stringify(result)}`;
  assert.equal(annotationOf(record, "abandoned"), true, seen);
}
