// A flood of one action, most of whose runs are so short that they are handed to a container before the one
// before them has ended. Between them are all ways in which a run can be anything but short and quiet:
// each must get its own answer, its own record and its own log, and run once.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type ActivationRecord, invoke, putAction, useBrisk, waitFor } from "../api/fixture.ts";
import { readRecords, readRuns, toNote } from "../faults/runs-and-records.ts";
import type { Answer, Brisk } from "../harness.ts";

const CLIENTS = 48;
const COUNT = 1000;
const LIMITED_COUNT = 150;
/** Far longer than a start takes on a busy machine. */
const LIMIT_MS = 500;

type How = keyof typeof WAYS;

interface Expected {
  readonly status: string;
  /** Of the HTTP answer. */
  readonly code: number;
  readonly result: (n: number) => unknown;
  /** What the log has of the run's own. */
  readonly says?: (n: number) => readonly string[];
}

const SUCCESS = { status: "success", code: 200, result: (n: number) => ({ n }) };
const FAILED = { status: "action developer error", code: 502 };
const MISSING =
  "stderr: The action did not initialize or run as expected. Log data might be missing.";

const WAYS = {
  quick: SUCCESS,
  log: { ...SUCCESS, says: (n) => [`stdout: <${n}>`, `stderr: <${n}>`] },
  child: { ...SUCCESS, says: (n) => [`stdout: <${n}>`] },
  wait: SUCCESS,
  spin: SUCCESS,
  large: { ...SUCCESS, result: (n) => ({ n, filler: "x".repeat(300_000) }) },
  refuse: { status: "application error", code: 502, result: (n) => ({ error: `<${n}>` }) },
  throw: {
    ...FAILED,
    result: (n) => ({ error: `An error has occurred: Error: <${n}>` }),
    says: (n) => [`stderr: Error: <${n}>`, MISSING],
  },
  nothing: {
    ...FAILED,
    result: () => ({
      error: "The action did not produce a valid JSON or JSON Array response: null",
    }),
    says: () => [MISSING],
  },
  deep: {
    ...FAILED,
    result: (n) => ({
      error: `The action did not produce a valid JSON or JSON Array response: ${toDeep(n)}`,
    }),
    says: () => [MISSING],
  },
  exit: {
    ...FAILED,
    result: () => ({
      error: "The action did not produce a valid response and exited unexpectedly.",
    }),
    says: () => [MISSING],
  },
  late: {
    ...FAILED,
    result: () => ({ error: `The action exceeded its time limits of ${LIMIT_MS} milliseconds.` }),
    says: () => [MISSING],
  },
} satisfies Record<string, Expected>;

const DEEP = 1500;

function toDeep(n: number): string {
  return `{"n":${n},"deep":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}`;
}

const NODE = "process.execPath, ['-e', 'console.log(process.argv[1])', text], { stdio: 'inherit' }";
/** Says of itself which process it ran in, and as which run there. */
const BODY = `
  const text = "<" + n + ">";
  switch (how) {
    case "log": console.log(text); console.error(text); break;
    case "child": require("node:child_process").spawnSync(${NODE}); break;
    case "wait": return new Promise((done) => setTimeout(done, 100, { n }));
    case "spin": for (const until = Date.now() + 60; Date.now() < until; ); break;
    case "large": return { n, filler: "x".repeat(300_000) };
    case "refuse": return { error: text };
    case "throw": throw new Error(text);
    case "nothing": return null;
    case "deep": return { n, deep: Array.from({ length: ${DEEP - 1} }).reduce((inner) => [inner], []) };
    case "exit": process.exit(1);
    case "late": return new Promise(() => {});
  }
  return { n };`;

const NEVER = "late";
const ODD: readonly How[] = (Object.keys(WAYS) as How[]).filter((how) => how !== NEVER);

/** One in so many is not short and quiet: most of the time the pool must take the action for short. */
const ODD_EVERY = 25;

function toHow(n: number): How {
  return n % ODD_EVERY === 0 ? (ODD[(n / ODD_EVERY) % ODD.length] ?? "quick") : "quick";
}

interface Sent {
  readonly n: number;
  readonly how: How;
  readonly answer: Answer;
}

interface Order {
  readonly name: string;
  readonly count: number;
  readonly toHow: (n: number) => How;
}

async function flood(brisk: Brisk, { name, count, toHow }: Order): Promise<Sent[]> {
  const sent: Sent[] = [];
  let next = 0;
  const client = async () => {
    while (next < count) {
      const n = next++;
      const how = toHow(n);
      sent.push({ n, how, answer: await invoke(brisk, name, { body: { n, how } }) });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return sent;
}

/** Each against what its own must be, in the answer and in the record that is kept. */
async function check(brisk: Brisk, sent: readonly Sent[]): Promise<void> {
  const records = await waitFor(async () => {
    const found = await readRecords(brisk);
    return found.size >= sent.length ? found : undefined;
  });
  assert.equal(records.size, sent.length);
  for (const { n, how, answer } of sent) {
    const expected: Expected = WAYS[how];
    const told = `${n} (${how}): ${answer.text.slice(0, 500)}`;
    assert.equal(answer.status, expected.code, told);
    const { activationId, response, start, end, duration } = answer.json as ActivationRecord;
    assert.deepEqual(response.result, expected.result(n), told);
    const record = records.get(activationId);
    assert.ok(record, `no record of ${told}`);
    assert.equal(record.response.status, expected.status, told);
    assert.deepEqual(record.response.result, expected.result(n), told);
    assert.ok(start <= end && duration < 60_000, told);
    checkLog(record.logs, expected.says?.(n) ?? []);
  }
}

/** Line by line, but for an error's stack. */
function checkLog(logs: readonly string[], says: readonly string[]): void {
  const lines = logs
    .map((line) => line.replace(/^\S+ +/, ""))
    .filter((line) => !/^stderr: {5}at /.test(line));
  const inOrder = (all: readonly string[]) => all.toSorted((a, b) => a.localeCompare(b));
  assert.deepEqual(inOrder(lines), inOrder(says));
}

describe("of a flood of very short runs each has its own answer, record and log", () => {
  const brisk = useBrisk({ args: ["--driver", "sandbox"] });

  test("among runs of every other kind", async () => {
    const code = `function main({ n, how }) {${BODY}}`;
    await putAction(brisk(), { name: "mixed", code });
    await check(brisk(), await flood(brisk(), { name: "mixed", count: COUNT, toHow }));
  });
});

describe("of a flood of very short runs each runs once", () => {
  const runsFile = join(tmpdir(), `brisk-ahead-${process.pid}`);
  const brisk = useBrisk({ args: ["--driver", "process"] });
  const startsFile = `${runsFile}-starts`;
  after(() => {
    for (const file of [runsFile, startsFile]) rmSync(file, { force: true });
  });

  const note = toNote(runsFile);

  test("among runs of every other kind, also those that never end", async () => {
    const code = `function main({ n, how }) {${note}${BODY}}`;
    await putAction(brisk(), { name: "mixed", code });
    const sent = await flood(brisk(), { name: "mixed", count: COUNT, toHow });
    await putAction(brisk(), { name: "limited", code, limits: { timeout: LIMIT_MS } });
    const toLimited = (n: number): How => (n % ODD_EVERY === 0 ? NEVER : "quick");
    sent.push(
      ...(await flood(brisk(), { name: "limited", count: LIMITED_COUNT, toHow: toLimited })),
    );
    await check(brisk(), sent);
    const runs = await readRuns(runsFile);
    assert.equal(runs.size, sent.length);
    for (const [id, count] of runs) assert.equal(count, 1, `${id} ran ${count} times`);
  });

  test("and where an action ends by itself right after its start, that is its answer", async () => {
    const start = `require("node:fs").appendFileSync(${JSON.stringify(startsFile)}, "start\\n");`;
    for (const end of ["process.nextTick", "setImmediate"]) {
      const code = `${start} ${end}(() => process.exit(1)); const main = () => ({});`;
      await putAction(brisk(), { name: "ending", code });
      const { json } = await invoke(brisk(), "ending");
      const { response } = json as ActivationRecord;
      assert.equal(response.status, "action developer error");
      assert.match(JSON.stringify(response.result), /exited unexpectedly/);
    }
    assert.equal((await readRuns(startsFile)).get("start"), 2);
  });
});
