import assert from "node:assert/strict";
import { readFileSync, renameSync } from "node:fs";
import { test } from "node:test";
import { describeSystemError } from "./system-error.ts";

function fail(work: () => unknown): unknown {
  try {
    return work();
  } catch (cause) {
    return cause;
  }
}

test("only what is wrong is left of the system's words", () => {
  for (const [work, sentence] of [
    [() => readFileSync("/nonexistent, really"), "no such file or directory"],
    [() => readFileSync("/"), "illegal operation on a directory"],
    [() => renameSync("/nonexistent", "/nowhere"), "no such file or directory"],
  ] as const) {
    assert.equal(describeSystemError(fail(work)), sentence);
  }
});

test("words of others stay as they are", () => {
  assert.equal(describeSystemError(new Error("ERROR: no, never")), "ERROR: no, never");
  assert.equal(describeSystemError("text"), "text");
});
