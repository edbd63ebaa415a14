// What cannot be brought about from outside at will: what is read between two others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { steadyClock } from "../kernel/clock.ts";
import { HOUR_MS } from "../kernel/units.ts";
import { type OpenRun, OpenRuns } from "./open-runs.ts";
import type { Answer, Begun, NotBegun } from "./port.ts";

const ANSWER: Answer = { type: "answered", status: 200, body: "{}", bytes: 2 };
const EXITED: Answer = { type: "ended", reason: "exited" };

function open({ timeoutMs = 60_000, timedOut = (_: OpenRun) => {} } = {}) {
  const runs = new OpenRuns({ runsMax: 1, timedOut, slow: () => {} });
  let seq = 0;
  const add = () => {
    seq += 1;
    const seen: { outcome?: Begun | NotBegun; written: string } = { written: "" };
    const run: OpenRun = {
      seq,
      patience: { timeoutMs, bytesMax: 1000 },
      sinks: { output: ({ bytes }) => (seen.written += bytes) },
      settle: (outcome) => {
        seen.outcome = outcome;
      },
      isAhead: false,
      hasWritten: false,
      beganAt: undefined,
      beganSteadyMs: 0,
      timer: undefined,
      body: undefined,
    };
    return { run, seen, isAlone: runs.add(run) };
  };
  return { runs, add, [Symbol.dispose]: () => runs.end(EXITED, true) };
}

function toOutput(text: string) {
  return { stream: "stdout", bytes: Buffer.from(text), at: 0 } as const;
}

test("one that comes back does not let the one behind it begin", () => {
  using opened = open();
  const { runs, add } = opened;
  const [first, second, third] = [add(), add(), add()];
  assert.equal(runs.giveBack(second.run), true);
  assert.equal(third.run.beganAt, undefined);
  runs.answered(first.run);
  assert.notEqual(third.run.beganAt, undefined);
});

test("what is handed over before it is known how the last one ended may come back", () => {
  using opened = open();
  const { runs, add } = opened;
  const first = add();
  assert.equal(first.isAlone, true);
  runs.answered(first.run);
  const second = add();
  assert.equal(second.isAlone, false);
  assert.notEqual(second.run.beganAt, undefined, "nothing is before it");
  runs.settle(first.run, ANSWER);
  assert.equal(runs.giveBack(second.run), true);
  assert.deepEqual(second.seen.outcome, { type: "not-begun", goesOn: true });
});

test("what may have been answered unread is not taken for not begun", () => {
  const { runs, add } = open();
  const [first, second] = [add(), add()];
  runs.end(EXITED, false);
  assert.equal(first.seen.outcome?.type, "begun");
  assert.equal(second.seen.outcome?.type, "begun");
});

test("output that nobody speaks of is not kept without end", () => {
  using opened = open();
  const { runs, add } = opened;
  const [first, second] = [add(), add()];
  const text = "x".repeat(100_000);
  runs.take(toOutput(text));
  assert.equal(first.seen.written, "", "it may be the other's");
  for (let count = 0; count < 3; count++) runs.take(toOutput(text));
  assert.ok(first.seen.written.length >= 300_000);
  assert.equal(second.seen.written, "");
});

test("nothing is to be handed over behind what is given up", () => {
  using opened = open();
  const { runs, add } = opened;
  const { run } = add();
  assert.equal(runs.isStuck, false);
  runs.giveUp(run);
  assert.equal(runs.isStuck, true);
});

test("none is given up before its time, though timers may be early by a part of a millisecond", async () => {
  for (let round = 0; round < 20; round++) {
    const ended = Promise.withResolvers<OpenRun>();
    using opened = open({ timeoutMs: 5, timedOut: ended.resolve });
    // They count whole milliseconds, and are earliest where they begin at the end of one, in a busy loop.
    while (process.hrtime.bigint() % 1_000_000n < 900_000n);
    opened.add();
    let isOver = false;
    const spin = () => {
      if (!isOver) setImmediate(spin);
    };
    spin();
    const { beganSteadyMs } = await ended.promise;
    const elapsedMs = steadyClock() - beganSteadyMs;
    isOver = true;
    assert.ok(elapsedMs >= 5, `${elapsedMs}`);
  }
});

for (const hours of [1, -1]) {
  test(`how long one took is right where the clock was set by ${hours} h meanwhile`, (context) => {
    context.mock.timers.enable({ apis: ["Date"], now: 24 * HOUR_MS });
    using opened = open();
    const { runs, add } = opened;
    const { run, seen } = add();
    context.mock.timers.setTime(24 * HOUR_MS + hours * HOUR_MS);
    runs.answered(run);
    runs.settle(run, ANSWER);
    const { outcome } = seen;
    assert.ok(outcome?.type === "begun");
    assert.equal(outcome.beganAt, 24 * HOUR_MS);
    assert.ok(outcome.elapsedMs >= 0 && outcome.elapsedMs < 1000, `${outcome.elapsedMs}`);
  });
}
