import assert from "node:assert/strict";
import { test } from "node:test";
import { Health } from "./health.ts";

/** `x` for a container that could not be made, `.` for one that could be had. */
function isHealthyAfter(history: string): boolean {
  const health = new Health();
  for (const each of history) health.add({ failed: each === "x" });
  return health.isHealthy;
}

test("more than three failures of the last ten are unhealthy", () => {
  for (const [history, isHealthy] of [
    ["", true],
    ["....", true],
    ["xxx", true],
    ["xxxx", false],
    ["x.x.x.x", false],
    ["xxxx......", false],
    ["xxxx.......", true],
    ["xxxxxxxxxx.......", true],
    ["xxxxxxxxxx......", false],
    ["xxxx..........xxx", true],
  ] as const) {
    assert.equal(isHealthyAfter(history), isHealthy, history);
  }
});
