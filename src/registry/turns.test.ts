import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

test("work of one key goes in order, also after one that failed, and other keys do not wait", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take("a", async () => {
    await gate.promise;
    done.push("a1");
    throw new Error("no");
  });
  const second = turns.take("a", async () => done.push("a2"));
  await turns.take("b", async () => done.push("b"));
  assert.deepEqual(done, ["b"]);
  gate.resolve();
  await assert.rejects(first, /no/);
  await second;
  assert.deepEqual(done, ["b", "a1", "a2"]);
});
