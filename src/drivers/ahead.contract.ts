// What every driver promises of runs that are handed to a container before the one before them has ended:
// one at a time, in order, each with its own time and output, and back unbegun where they cannot be had so.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay, setImmediate } from "node:timers/promises";
import { toRawJson } from "../kernel/json.ts";
import type { OpenedDriver } from "./driver.contract.ts";
import { PATIENCE, type SPEC, startAction, type TestAction } from "./driver-fixture.ts";
import type { Begun, NotBegun } from "./port.ts";

export function describeAhead(name: string, open: () => Promise<OpenedDriver>): void {
  describe(`the ${name} driver keeps the contract of runs that are handed over ahead:`, () => {
    let opened: OpenedDriver;
    before(async () => {
      opened = await open();
    });
    after(() => opened[Symbol.asyncDispose]());
    const start: Start = (code, spec) => startAction(opened.driver, code, spec);
    describeTurns(start);
    describeReturns(start);
  });
}

type Start = (code: string, spec?: Partial<typeof SPEC>) => Promise<TestAction>;

interface Handed {
  readonly value: object;
  readonly timeoutMs?: number;
  readonly deadline?: number;
}

/** In this order, all at once; what each of them wrote comes back with it. */
function hand({ container }: TestAction, runs: readonly Handed[]) {
  const handed = runs.map(async ({ value, timeoutMs = PATIENCE.timeoutMs, deadline }) => {
    let written = "";
    const context = deadline === undefined ? {} : { deadline: String(deadline) };
    const outcome = await container.run(
      { value: toRawJson(value), context },
      { ...PATIENCE, timeoutMs },
      { output: ({ bytes }) => (written += bytes) },
    );
    return { outcome, written };
  });
  return Promise.all(handed);
}

/** So often is tried anew what a busy machine has spoiled. */
const ATTEMPTS = 5;

/**
 * Hands them over in a fresh container, where so many of the first ones are to be quick enough for the next one to begin.
 * On a busy machine one may lose the processor for so long that those behind it come back, as they should.
 */
async function handQuick(
  start: () => Promise<TestAction>,
  { begun, runs }: { readonly begun: number; readonly runs: readonly Handed[] },
) {
  for (let attempt = 1; ; attempt += 1) {
    const action = await start();
    const outcomes = await hand(action, runs);
    const quick = outcomes.slice(0, begun);
    const isQuick = quick.every(({ outcome }) => outcome.type === "begun");
    if (isQuick || attempt === ATTEMPTS) return { action, outcomes };
    await action[Symbol.asyncDispose]();
  }
}

const NOT_BEGUN: NotBegun = { type: "not-begun", goesOn: true };
const NOWHERE: NotBegun = { type: "not-begun", goesOn: false };

function resultOf(outcome: Begun | NotBegun | undefined): unknown {
  if (outcome?.type !== "begun" || outcome.answer.type !== "answered") return outcome;
  return JSON.parse(outcome.answer.body);
}

/** Takes its time without and with a look at anything else, and says what it was given. */
const SPIN = "const spin = (ms) => { for (const until = Date.now() + ms; Date.now() < until; ); };";
const WITH_DEADLINE = "{ n, deadline: process.env.__OW_DEADLINE }";
const WORKER = `${SPIN}
  async function main({ n, ms = 0, waitMs = 0, say, end }) {
    spin(ms);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (say) console.log(say);
    if (end === "throw") throw new Error("thrown");
    if (end === "exit") process.exit(1);
    return ${WITH_DEADLINE};
  }`;

function describeTurns(start: Start): void {
  it("they run one after the other, each with its own result", async () => {
    const code = `let running = 0;
      const main = async ({ n }) => {
        running += 1;
        await null;
        return { n, running: running-- };
      }`;
    const runs = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({ value: { n } }));
    const handed = await handQuick(() => start(code), { begun: runs.length, runs });
    await using action = handed.action;
    const { outcomes } = handed;
    for (const [n, { outcome }] of outcomes.entries()) {
      assert.deepEqual(resultOf(outcome), { n, running: 1 });
    }
    assert.equal(action.container.takesAhead, true);
  });

  for (const [how, code] of [
    ["at once", `${SPIN} function main({ n, ms = 0 }) { spin(ms); return ${WITH_DEADLINE}; }`],
    ["later", `${SPIN} async function main({ n, ms = 0 }) { spin(ms); return ${WITH_DEADLINE}; }`],
  ]) {
    it(`the time of each that returns ${how} counts from when it begins, and so does its deadline`, async () => {
      const deadline = Date.now() + 60_000;
      const runs = [{ value: { ms: 200 } }, { value: { n: 2 }, timeoutMs: 150, deadline }];
      const handed = await handQuick(() => start(String(code)), { begun: 2, runs });
      await using _action = handed.action;
      const [first, second] = handed.outcomes;
      const { n, deadline: moved } = resultOf(second?.outcome) as { n: number; deadline: string };
      assert.equal(n, 2);
      assert.ok(Number(moved) >= deadline + 200, `${moved} is not later than ${deadline}`);
      assert.ok(first?.outcome.type === "begun" && second?.outcome.type === "begun");
      assert.ok(second.outcome.beganAt - first.outcome.beganAt >= 200);
    });
  }
}

function describeReturns(start: Start): void {
  it("they come back where the one before takes long, and it goes on", async () => {
    await using action = await start(WORKER);
    const [slow, ...others] = await hand(action, [
      { value: { n: 1, waitMs: 300 } },
      { value: { n: 2 } },
      { value: { n: 3 } },
    ]);
    assert.equal((resultOf(slow?.outcome) as { n: number }).n, 1);
    for (const { outcome } of others) assert.deepEqual(outcome, NOT_BEGUN);
    assert.equal((await action.result({ n: 4 }))["n"], 4);
  });

  it("they come back from a process that was too busy to read of them", async () => {
    await using action = await start(
      `${SPIN} const main = ({ n, ms = 0 }) => { spin(ms); return { n }; }`,
    );
    const slow = hand(action, [{ value: { n: 1, ms: 300 } }]);
    await delay(100);
    const others = await hand(action, [{ value: { n: 2 } }, { value: { n: 3 } }]);
    for (const { outcome } of others) assert.deepEqual(outcome, NOT_BEGUN);
    assert.deepEqual(
      (await slow).map(({ outcome }) => resultOf(outcome)),
      [{ n: 1 }],
    );
  });

  it("they come back where the one before has a child process write", async () => {
    const code = `function main({ say }) {
      if (say) {
        const write = "process.stdout.write(process.argv[1])";
        require("node:child_process").spawnSync(process.execPath, ["-e", write, say], { stdio: "inherit" });
      }
      return {};
    }`;
    const runs = [{ value: {} }, { value: { say: "child" } }, { value: { say: "other" } }];
    const handed = await handQuick(() => start(code), { begun: 2, runs });
    await using _action = handed.action;
    const [quiet, loud, behind] = handed.outcomes;
    assert.equal(quiet?.written, "");
    assert.equal(loud?.written, "child");
    assert.deepEqual(behind, { outcome: NOT_BEGUN, written: "" });
  });

  it("they come back where nothing more is to begin, and what has begun goes on", async () => {
    await using action = await start(WORKER);
    const handed = hand(action, [{ value: { n: 1, waitMs: 200 } }, { value: { n: 2 } }]);
    action.container.retire();
    const [first, behind] = await handed;
    assert.equal((resultOf(first?.outcome) as { n: number }).n, 1);
    assert.deepEqual(behind?.outcome, NOT_BEGUN);
    const [late] = await hand(action, [{ value: { n: 3 } }]);
    assert.deepEqual(late?.outcome, NOT_BEGUN);
  });

  it("none begins behind an answer that has not left the process", async () => {
    await using action = await start(`function main({ bytes, end }) {
      if (end) process.exit();
      return { text: "x".repeat(bytes) };
    }`);
    const [large, behind] = await hand(action, [
      { value: { bytes: 900_000 } },
      { value: { end: true } },
    ]);
    assert.equal((resultOf(large?.outcome) as { text: string }).text.length, 900_000);
    assert.deepEqual(behind?.outcome, NOT_BEGUN);
  });

  it("they come back where the one before writes output, which is its own", async () => {
    const runs = [
      { value: { n: 1 } },
      { value: { n: 2, say: "two" } },
      { value: { n: 3, say: "three" } },
    ];
    const handed = await handQuick(() => start(WORKER), { begun: 2, runs });
    await using action = handed.action;
    const [quiet, loud, behind] = handed.outcomes;
    assert.equal((resultOf(quiet?.outcome) as { n: number }).n, 1);
    assert.equal(quiet?.written, "");
    assert.equal((resultOf(loud?.outcome) as { n: number }).n, 2);
    assert.equal(loud?.written, "two\n");
    assert.deepEqual(behind, { outcome: NOT_BEGUN, written: "" });
    assert.equal(action.container.takesAhead, false);
  });

  it("they come back where the one before ends badly", async () => {
    const code =
      "const main = ({ bad }) => { if (bad) throw new Error('thrown'); return bad === null ? null : {}; }";
    const runs = [{ value: {} }, { value: { bad: null } }, { value: {} }];
    const handed = await handQuick(() => start(code), { begun: 2, runs });
    await using action = handed.action;
    const [good, nothing, behind] = handed.outcomes;
    assert.deepEqual(resultOf(good?.outcome), {});
    assert.deepEqual(resultOf(nothing?.outcome), null);
    assert.deepEqual(behind?.outcome, NOT_BEGUN);
    const [failed, last] = await hand(action, [{ value: { bad: true } }, { value: {} }]);
    assert.ok(failed?.outcome.type === "begun" && failed.outcome.answer.type === "answered");
    assert.equal(failed.outcome.answer.status, 502);
    assert.deepEqual(last?.outcome, NOT_BEGUN);
  });

  it("none is given up for an answer that was there in time, and could not be read", async () => {
    await using action = await start(WORKER);
    const handed = hand(action, [
      { value: { n: 1 }, timeoutMs: 100 },
      { value: { n: 2 }, timeoutMs: 100 },
    ]);
    await setImmediate();
    for (const until = Date.now() + 300; Date.now() < until; );
    const outcomes = await handed;
    for (const [index, { outcome }] of outcomes.entries()) {
      assert.equal((resultOf(outcome) as { n: number }).n, index + 1);
    }
  });

  it("they have not begun where the one before ends the process, or is given up", async () => {
    await using exiting = await start(WORKER);
    const [exited, behind] = await hand(exiting, [{ value: { end: "exit" } }, { value: {} }]);
    assert.ok(exited?.outcome.type === "begun");
    assert.deepEqual(exited.outcome.answer, { type: "ended", reason: "exited" });
    assert.deepEqual(behind?.outcome, NOWHERE);
    await using endless = await start(WORKER);
    const [timedOut, last] = await hand(endless, [
      { value: { ms: 60_000 }, timeoutMs: 100 },
      { value: { say: "never" } },
    ]);
    assert.ok(timedOut?.outcome.type === "begun");
    assert.deepEqual(timedOut.outcome.answer, { type: "timed-out" });
    assert.deepEqual(last, { outcome: NOWHERE, written: "" });
    // Nothing else had to end it.
    await endless.container.ended;
  });

  it("ends a container whose code answers what has not begun", async () => {
    await using action = await start(
      `const main = () => { require("node:fs").writeSync(3, "3 200 {}\\n"); return new Promise(() => {}); }`,
    );
    const [first, behind] = await hand(action, [{ value: {} }, { value: {} }]);
    assert.ok(first?.outcome.type === "begun");
    assert.deepEqual(first.outcome.answer, { type: "ended", reason: "exited" });
    // On a busy machine it may have come back just before, from a container that went on until then.
    assert.equal(behind?.outcome.type, "not-begun");
  });

  it("ends a container whose code says of what has begun that it has not", async () => {
    await using action = await start(
      `const main = () => { require("node:fs").writeSync(3, "2 425 \\n"); return new Promise(() => {}); }`,
    );
    assert.deepEqual(await action.run(), { type: "ended", reason: "exited" });
  });
}
