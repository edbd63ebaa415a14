// The platform's log under a tenant in a loop: it tells what happens, and how often, in few lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import { invoke, type Json, putAction, useBrisk, waitFor } from "./fixture.ts";

const brisk = useBrisk();

function linesWith(message: string): readonly Json[] {
  const lines = brisk().stderr().split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Json).filter(({ msg }) => msg === message);
}

test("a warning that is brought about again and again is counted, not written each time", async () => {
  const count = 300;
  const annotations = [{ key: "dead-letter", value: "missing" }];
  await putAction(brisk(), {
    name: "fails",
    code: "const main = () => ({ error: 1 })",
    annotations,
  });
  const begun = performance.now();
  await Promise.all(Array.from({ length: count }, () => invoke(brisk(), "fails", { query: "" })));
  const message = "dead letter cannot be delivered and is dropped";
  const toSum = (lines: readonly Json[]) =>
    lines.reduce((sum, { unwritten = 0 }) => sum + 1 + Number(unwritten), 0);
  await waitFor(() => toSum(linesWith(message)) === count || undefined);
  const seconds = (performance.now() - begun) / 1000;
  assert.ok(linesWith(message).length <= seconds + 2, `${linesWith(message).length} lines`);
});
