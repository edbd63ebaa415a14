// The bench runs as a whole, so that it is not found broken on the day that it is needed. Its figures
// are not judged here: other tests run on the machine.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const RUN = join(import.meta.dirname, "run.ts");

test("every group is measured, and said as JSON with its percentiles", async () => {
  const args = ["--disable-warning=ExperimentalWarning", RUN, "--quick", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { machine, figures } = JSON.parse(stdout);
  assert.match(machine, /cores/);
  assert.ok(figures.length >= 10);
  for (const { name, value, ours } of figures) {
    assert.ok(value > 0, name);
    assert.ok(ours.p50 <= ours.p95 && ours.p95 <= ours.p99, name);
  }
});
