import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

test("pieces go round among the owners, and beside each others have as much of the loop", async () => {
  let now = 0;
  const pace = new Pace(() => now);
  const done: string[] = [];
  const work = (owner: string) => pace.run(owner, () => done.push(owner));
  const all = [work("a"), work("a"), work("a"), work("b")];
  await all[0];
  // What follows from the first piece took so long.
  now += 20;
  const from = performance.now();
  await all[1];
  assert.ok(performance.now() - from >= 19);
  await Promise.all(all);
  assert.deepEqual(done, ["a", "a", "b", "a"]);
});

test("work that fails fails its caller, and others go on", async () => {
  const pace = new Pace(() => 0);
  const failed = pace.run("a", () => {
    throw new Error("no");
  });
  await assert.rejects(failed, /^Error: no$/);
  assert.equal(await pace.run("a", () => 1), 1);
});
