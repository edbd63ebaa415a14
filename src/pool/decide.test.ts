// Decisions of the pool, each over books that are laid out by hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decidePlacement, type PlacementRules } from "./decide.ts";
import { type Need, PoolState, type Slot } from "./state.ts";

const RULES: PlacementRules = {
  startsMax: 2,
  scaleOutAfterMs: 20,
  waitMsMax: 200,
  namespaceShare: 0.75,
  cores: 2,
};
const NOW = 10_000;

function need(over: Partial<Need> = {}): Need {
  const namespace = over.namespace ?? "guest";
  return {
    key: `${namespace}/hello`,
    namespace,
    kind: "nodejs:24",
    memoryMb: 256,
    concurrency: 1,
    ...over,
  };
}

function warm(state: PoolState, given: Need, { active = 0, lastUsed = 0 } = {}): Slot {
  const slot = state.add({ ...given, lastUsed });
  state.assign(slot, given);
  state.started(slot, "initialising");
  slot.state = "warm";
  slot.active = active;
  return slot;
}

function stemCell(state: PoolState, memoryMb = 256): Slot {
  const slot = state.add({ kind: "nodejs:24", memoryMb, lastUsed: 0 });
  state.started(slot, "stem-cell");
  return slot;
}

function decide(
  state: PoolState,
  given: Need,
  { since = NOW, isSaturated = false, isAhead = false } = {},
) {
  const mayGoAhead = () => isAhead;
  const job = { need: given, since, now: NOW, isSaturated: () => isSaturated, mayGoAhead };
  return decidePlacement(state, job, RULES);
}

test("an idle container of the action is taken, the last used one first", () => {
  const state = new PoolState(1024);
  warm(state, need(), { lastUsed: 1 });
  const last = warm(state, need(), { lastUsed: 2 });
  assert.deepEqual(decide(state, need()), { type: "warm", slot: last });
});

test("a stem cell of the kind and exactly the memory is taken before a container is made", () => {
  const state = new PoolState(2048);
  stemCell(state, 512);
  const fits = stemCell(state, 256);
  assert.deepEqual(decide(state, need()), { type: "stem-cell", slot: fits });
  assert.deepEqual(decide(state, need({ memoryMb: 128 })), { type: "create", evict: [] });
});

test("an action that runs several times in one container gets one that was made for it", () => {
  const state = new PoolState(1024);
  stemCell(state);
  assert.deepEqual(decide(state, need({ concurrency: 2 })), { type: "create", evict: [] });
});

test("two namespaces never share a container", () => {
  const state = new PoolState(1024);
  warm(state, need({ namespace: "other" }));
  assert.deepEqual(decide(state, need()), { type: "create", evict: [] });
});

test("a job waits for its action's busy container while it takes one job after the other", () => {
  const state = new PoolState(2048);
  warm(state, need(), { active: 1, lastUsed: NOW - 5 });
  assert.deepEqual(decide(state, need()), { type: "wait", again: 20 });
  assert.deepEqual(decide(state, need(), { since: NOW - 19 }), { type: "wait", again: 15 });
  assert.equal(decide(state, need(), { since: NOW - 200 }).type, "create");
});

test("a job whose action's containers are all in long runs gets one more", () => {
  const state = new PoolState(2048);
  warm(state, need(), { active: 1, lastUsed: NOW - 60 });
  assert.equal(decide(state, need(), { since: NOW - 20 }).type, "create");
});

test("on busy processors very short runs are handed to where the fewest run already", () => {
  const state = new PoolState(4096);
  const [first, second] = [3, 2].map((active) => warm(state, need(), { active, lastUsed: NOW }));
  assert.ok(first !== undefined && second !== undefined);
  const saturated = { isSaturated: true, isAhead: true };
  const wait = { type: "wait", again: 20 };
  assert.deepEqual(decide(state, need(), saturated), wait, "nobody knows yet that they are short");
  state.observeRun(need().key, 1);
  assert.deepEqual(decide(state, need(), saturated), { type: "ahead", slot: second });
  second.active = 8;
  assert.deepEqual(decide(state, need(), saturated), { type: "ahead", slot: first });
  first.active = 8;
  assert.deepEqual(decide(state, need(), saturated), wait, "they have enough at hand");
  first.active = 1;
  assert.deepEqual(decide(state, need(), { isSaturated: true }), wait, "the job may not");
  for (let runs = 0; runs < 20; runs++) state.observeRun(need().key, 20);
  assert.deepEqual(decide(state, need(), saturated), wait, "they are not short any more");
});

test("on busy processors very short runs get one container a processor, and are handed to no more", () => {
  const state = new PoolState(4096);
  const only = warm(state, need(), { active: 3, lastUsed: NOW });
  state.observeRun(need().key, 1);
  const saturated = { isSaturated: true, isAhead: true };
  assert.deepEqual(decide(state, need(), saturated), { type: "ahead", slot: only });
  only.active = 4;
  assert.equal(decide(state, need(), saturated).type, "create", "it has much at hand");
  const second = warm(state, need(), { active: 7, lastUsed: NOW });
  warm(state, need(), { active: 1, lastUsed: NOW });
  assert.deepEqual(decide(state, need(), saturated), { type: "ahead", slot: only });
  only.active = 8;
  assert.deepEqual(decide(state, need(), saturated), { type: "ahead", slot: second });
  second.active = 8;
  const wait = { type: "wait", again: 20 };
  assert.deepEqual(decide(state, need(), saturated), wait, "the third is left to idle");
});

test("on busy processors short runs get no more containers than there are processors", () => {
  const state = new PoolState(4096);
  const slots = [1, 2].map(() => warm(state, need(), { active: 1, lastUsed: NOW - 1 }));
  const since = NOW - 300;
  state.observeRun(need().key, 1);
  assert.equal(decide(state, need(), { since }).type, "create");
  const wait = { type: "wait", again: 20 };
  assert.deepEqual(decide(state, need(), { since, isSaturated: true }), wait);
  for (let runs = 0; runs < 20; runs++) state.observeRun(need().key, 1000);
  assert.equal(decide(state, need(), { since, isSaturated: true }).type, "create");
  for (let runs = 0; runs < 60; runs++) state.observeRun(need().key, 1);
  for (const slot of slots) slot.lastUsed = NOW - 300;
  const goingOn = decide(state, need(), { since, isSaturated: true });
  assert.equal(goingOn.type, "create", "the ones that go on are long");
});

test("a job waits while a container of its action is being made", () => {
  const state = new PoolState(2048);
  state.assign(state.add({ ...need(), lastUsed: NOW }), need());
  assert.deepEqual(decide(state, need(), { since: NOW - 50 }), { type: "wait", again: 150 });
});

test("a container takes as many jobs at a time as its action allows", () => {
  const state = new PoolState(2048);
  const shared = need({ concurrency: 3 });
  const slot = warm(state, shared, { active: 2, lastUsed: NOW });
  assert.deepEqual(decide(state, shared), { type: "warm", slot });
  slot.active = 3;
  assert.equal(decide(state, shared).type, "wait");
});

test("a retired container takes nothing and is not waited for", () => {
  const state = new PoolState(2048);
  warm(state, need(), { active: 1, lastUsed: NOW }).state = "retired";
  assert.deepEqual(decide(state, need()), { type: "create", evict: [] });
});

test("no more containers are made at a time than the rules say", () => {
  const state = new PoolState(4096);
  for (const name of ["a", "b"]) {
    const other = need({ key: name });
    state.assign(state.add({ ...other, lastUsed: NOW }), other);
  }
  assert.deepEqual(decide(state, need()), { type: "wait" });
});

test("the longest idle container is evicted when memory is short", () => {
  const state = new PoolState(512);
  const old = warm(state, need({ namespace: "a" }), { lastUsed: 1 });
  warm(state, need({ namespace: "b" }), { lastUsed: 2 });
  assert.deepEqual(decide(state, need()), { type: "create", evict: [old] });
});

test("the namespace with most containers is evicted first, however recently used", () => {
  const state = new PoolState(1024);
  warm(state, need({ namespace: "small" }), { lastUsed: 1 });
  const flood = [4, 3, 5].map((lastUsed) =>
    warm(state, need({ namespace: "flood", key: `flood ${lastUsed}` }), { lastUsed }),
  );
  assert.deepEqual(decide(state, need()), { type: "create", evict: [flood[1]] });
});

test("stem cells give way last", () => {
  const state = new PoolState(512);
  const cell = stemCell(state, 256);
  const idle = warm(state, need({ namespace: "a" }));
  const other = need({ kind: "nodejs:22" });
  assert.deepEqual(decide(state, other), { type: "create", evict: [idle] });
  idle.active = 1;
  assert.deepEqual(decide(state, other), { type: "create", evict: [cell] });
});

test("as many are evicted as the memory needs, and none where all of them are too few", () => {
  const state = new PoolState(512);
  const first = warm(state, need({ namespace: "a", memoryMb: 128 }), { lastUsed: 1 });
  const second = warm(state, need({ namespace: "b", memoryMb: 128 }), { lastUsed: 2 });
  const busy = warm(state, need({ namespace: "c" }), { active: 1 });
  assert.deepEqual(decide(state, need()), { type: "create", evict: [first, second] });
  second.active = 1;
  assert.deepEqual(decide(state, need()), { type: "wait" });
  assert.equal(busy.active, 1);
});

test("one namespace does not get the last quarter of the memory", () => {
  const state = new PoolState(1024);
  const flood = (name: string) => need({ namespace: "flood", key: name });
  for (const name of ["a", "b", "c"]) warm(state, flood(name), { active: 1 });
  assert.deepEqual(decide(state, flood("d")), { type: "wait" });
  assert.equal(decide(state, need()).type, "create");
});

test("a namespace at its share makes room among its own idle containers", () => {
  const state = new PoolState(1024);
  const flood = (name: string) => need({ namespace: "flood", key: name });
  const own = ["a", "b", "c"].map((name, lastUsed) => warm(state, flood(name), { lastUsed }));
  assert.deepEqual(decide(state, flood("d")), { type: "create", evict: [own[0]] });
});
