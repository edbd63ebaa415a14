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

test("so many of one key run at a time, in the order in which they came", async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const works = gates.map(({ promise }, n) =>
    turns.take("a", () => {
      begun.push(n);
      return promise;
    }),
  );
  assert.deepEqual(begun, [0, 1]);
  gates[1]?.resolve();
  await works[1];
  await turns.take("b", async () => {});
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.all(works);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});
