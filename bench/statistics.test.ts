import assert from "node:assert/strict";
import { test } from "node:test";
import { summarize } from "./statistics.ts";

test("a percentile is the value that so large a share lies below", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  const { p50, p95, p99, samples } = summarize(values, { label: "x", unit: "ms" });
  assert.deepEqual({ p50, p95, p99, samples }, { p50: 51, p95: 96, p99: 100, samples: 100 });
});

test("a rate is what was measured in the time that it took", () => {
  const measured = summarize([1, 1, 1, 1], { label: "x", unit: "ms", elapsedMs: 2000 });
  assert.equal(measured.perSecond, 2);
});
