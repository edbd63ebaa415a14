// Containers as an invoker's user sees them: warm and cold, many at a time, evicted, fair.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIVATIONS,
  type ActivationRecord,
  annotationOf,
  invoke,
  type Json,
  putAction,
  useBrisk,
  waitFor,
} from "../api/fixture.ts";

/** Room for four containers of 128 MB; one namespace may have three of them. */
const brisk = useBrisk({
  args: ["--memory", "512", "--stem-cells", "0", "--container-starts", "2"],
});

const WHO = "const id = Math.random(); function main() { return { id } }";
const SLEEP = "function main({ ms }) { return new Promise((r) => setTimeout(r, ms, { ms })) }";

function put(name: string, code: string, limits: Json = {}): Promise<Json> {
  return putAction(brisk(), { name, code, limits: { memory: 128, ...limits } });
}

async function run(name: string, body: Json = {}): Promise<ActivationRecord> {
  const { status, json, text } = await invoke(brisk(), name, { body });
  assert.equal(status, 200, text);
  return json as ActivationRecord;
}

function isCold(record: ActivationRecord): boolean {
  return annotationOf(record, "initTime") !== undefined;
}

test("the second invocation is warm, in the same container", async () => {
  await put("warm", WHO);
  const first = await run("warm");
  const second = await run("warm");
  assert.equal(isCold(first), true);
  assert.equal(isCold(second), false);
  assert.deepEqual(second.response.result, first.response.result);
});

test("an updated action gets a new container", async () => {
  await put("updated", WHO);
  const first = await run("updated");
  await put("updated", WHO);
  const second = await run("updated");
  assert.equal(isCold(second), true);
  assert.notDeepEqual(second.response.result, first.response.result);
});

test("long runs of one action go on side by side, as far as memory allows", async () => {
  await put("long", SLEEP);
  const runs = await Promise.all([1, 2, 3].map(() => run("long", { ms: 1500 })));
  const latestStart = Math.max(...runs.map(({ start }) => start));
  const earliestEnd = Math.min(...runs.map(({ end }) => end));
  assert.ok(latestStart < earliestEnd, JSON.stringify(runs.map(({ start, end }) => [start, end])));
});

test("what finds no room waits, and runs when there is some", async () => {
  await put("long", SLEEP);
  await Promise.all(Array.from({ length: 8 }, () => run("long", { ms: 100 })));
});

test("idle containers give way to another action", async () => {
  for (const name of ["a", "b", "c", "d", "e"]) {
    await put(name, WHO);
    await run(name);
  }
  assert.equal(isCold(await run("a")), true);
});

test("an action with concurrency runs at a time in one container", async () => {
  const code = `const id = Math.random(); let now = 0, most = 0;
    async function main() {
      most = Math.max(most, ++now);
      await new Promise((r) => setTimeout(r, 300));
      now--;
      return { id, most };
    }`;
  await put("shared", code, { concurrency: 5 });
  await run("shared");
  const runs = await Promise.all(Array.from({ length: 5 }, () => run("shared")));
  const results = runs.map(({ response }) => response.result as { id: number; most: number });
  assert.equal(new Set(results.map(({ id }) => id)).size, 1);
  assert.equal(Math.max(...results.map(({ most }) => most)), 5);
});

test("more work than containers is all done, each once", async () => {
  await put("many", "function main() { return {} }");
  const accepted = await Promise.all(
    Array.from({ length: 300 }, () => invoke(brisk(), "many", { query: "" })),
  );
  assert.ok(accepted.every(({ status }) => status === 202));
  const count = await waitFor(async () => {
    const { json } = await brisk().request("GET", `${ACTIVATIONS}?name=many&count=true`);
    const { activations } = json as { activations: number };
    return activations >= 300 ? activations : undefined;
  });
  assert.equal(count, 300);
});

test("a flood of very short runs makes room for another action", async () => {
  await put("flood", "function main() { return {} }");
  await put("other", WHO);
  let isOver = false;
  const client = async () => {
    while (!isOver) await run("flood");
  };
  const flood = Array.from({ length: 32 }, client);
  await run("flood");
  const from = performance.now();
  await run("other");
  const tookMs = performance.now() - from;
  isOver = true;
  await Promise.all(flood);
  // It waits for a second before the flood's containers are looked at, then one is free and another made.
  assert.ok(tookMs < 5000, `it took ${tookMs} ms`);
});
