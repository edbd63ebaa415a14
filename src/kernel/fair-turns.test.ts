import assert from "node:assert/strict";
import { test } from "node:test";
import { FairTurns } from "./fair-turns.ts";

test("one piece of work runs at a time, and turns go round among the owners", async () => {
  const turns = new FairTurns();
  const begun: string[] = [];
  let running = 0;
  const work = (name: string) => async () => {
    begun.push(name);
    assert.equal(++running, 1);
    await new Promise(setImmediate);
    running--;
    return name;
  };
  const names = ["a1", "a2", "a3", "b1", "b2", "c1"];
  const done = names.map((name) => turns.take(name.charAt(0), work(name)));
  assert.deepEqual(await Promise.all(done), names);
  assert.deepEqual(begun, ["a1", "a2", "b1", "c1", "a3", "b2"]);
});

test("work that fails ends its turn, and a later one begins", async () => {
  const turns = new FairTurns();
  const failed = turns.take("a", () => Promise.reject(new Error("no")));
  const next = turns.take("a", async () => 1);
  await assert.rejects(failed, /^Error: no$/);
  assert.equal(await next, 1);
  assert.equal(await turns.take("b", async () => 2), 2);
});
