import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { RepeatedLines } from "./repeated-lines.ts";

const EVERY_MS = 20;

function open({ kindsMax = 10 } = {}) {
  const lines = new RepeatedLines({ everyMs: EVERY_MS, kindsMax });
  const written: string[] = [];
  const take = (kind: string, text: string) =>
    lines.take(kind, (unwritten) => written.push(`${text} ${unwritten}`));
  return { written, take };
}

async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(1);
}

test("of many lines of a kind the first and the latest are written, and the others counted", async () => {
  const { written, take } = open();
  for (let count = 1; count <= 100; count++) take("a", `a${count}`);
  take("b", "b1");
  assert.deepEqual(written, ["a1 0", "b1 0"]);
  await waitFor(() => written.length > 2);
  assert.deepEqual(written, ["a1 0", "b1 0", "a100 98"]);
  take("a", "a101");
  assert.equal(written.length, 3);
  await waitFor(() => written.length > 3);
  assert.equal(written[3], "a101 0");
});

test("lines of more kinds than are remembered are written", () => {
  const { written, take } = open({ kindsMax: 1 });
  for (const kind of ["a", "b", "b", "a"]) take(kind, kind);
  assert.deepEqual(written, ["a 0", "b 0", "b 0"]);
});
