// Which idle containers are paused, and when it is looked again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decidePauses } from "./idle-containers.ts";
import { PoolState, type Slot } from "./state.ts";

const NOW = 10_000;

function warm(state: PoolState, idleMs: number, changes: Partial<Slot> = {}): Slot {
  const slot = state.add({ kind: "nodejs:24", memoryMb: 256, lastUsed: NOW - idleMs });
  state.started(slot, "initialising");
  return Object.assign(slot, { state: "warm" }, changes);
}

test("a container is paused when it has been idle for 50 ms, and the next one is looked for in time", () => {
  const state = new PoolState(100_000);
  const old = warm(state, 50);
  warm(state, 20);
  warm(state, 0);
  assert.deepEqual(decidePauses(state.slots(), NOW), { now: [old], againMs: 30 });
});

test("what works, what is paused, and what has no code is left alone", () => {
  const state = new PoolState(100_000);
  warm(state, 1000, { active: 1 });
  warm(state, 1000, { isPaused: true });
  warm(state, 1000, { state: "retired" });
  warm(state, 1000, { state: "initialising" });
  warm(state, 1000, { state: "stem-cell" });
  assert.deepEqual(decidePauses(state.slots(), NOW), { now: [], againMs: undefined });
});

test("many are paused some at a time, the longest idle ones first", () => {
  const state = new PoolState(100_000);
  const slots = Array.from({ length: 25 }, (_, index) => warm(state, 100 + index));
  let left = 25;
  for (const [count, againMs] of [
    [10, 2],
    [10, 2],
    [5, undefined],
  ] as const) {
    const pauses = decidePauses(state.slots(), NOW);
    assert.deepEqual(pauses, { now: slots.slice(left - count, left).reverse(), againMs });
    for (const slot of pauses.now) slot.isPaused = true;
    left -= count;
  }
});
