// Which versions are kept, and in which order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compareKept, decideKept } from "./kept-action.ts";

const NOW = 1000;

function version(patch: number, at: number) {
  return { version: `0.0.${patch}`, kept: { revision: "", at } };
}

/** The patch numbers of what stays of 4, 3, 2, 1, which were replaced 0, 10, 20 and 30 ms ago. */
function kept({ countMax = 10, ageMsMax = 1000, needed = [] as readonly number[] }) {
  const versions = [4, 3, 2, 1].map((patch, index) => version(patch, NOW - 10 * index));
  const rules = { countMax, ageMsMax, now: NOW };
  const names = new Set(needed.map((patch) => `0.0.${patch}`));
  return decideKept(versions, { ...rules, needed: names }).map(({ version: is }) => is.at(-1));
}

for (const [title, given, patches] of [
  ["all stay within the limits", {}, "4321"],
  ["the latest stay where there are too many", { countMax: 2 }, "43"],
  ["the latest stay where others are too old", { ageMsMax: 10 }, "43"],
  ["what is as old as may be stays", { ageMsMax: 30 }, "4321"],
  ["both limits hold", { countMax: 3, ageMsMax: 10 }, "43"],
  ["what an alias names stays whatever the limits are", { countMax: 0, needed: [3, 1] }, "31"],
  ["what an alias names does not grow old", { ageMsMax: 0, needed: [1] }, "41"],
  ["none stays where none is to be kept", { countMax: 0 }, ""],
] as const) {
  test(title, () => assert.equal(kept(given).join(""), patches));
}

test("what was replaced last comes first, of two at once the higher version", () => {
  const sorted = [version(9, 1), version(10, 1), version(2, 5)].toSorted(compareKept);
  assert.deepEqual(
    sorted.map(({ version: is }) => is),
    ["0.0.2", "0.0.10", "0.0.9"],
  );
});
