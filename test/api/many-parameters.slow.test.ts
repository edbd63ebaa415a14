// Web actions with as many parameters as a megabyte holds: what is done for each field of a request must
// not be done for each of them, as all tenants wait for it, and strangers can make it happen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, useBrisk } from "./fixture.ts";

const COUNT = 40_000;
/** With the parameters compared one by one it took forty seconds. */
const ANSWER_MS = 10_000;
const CODE = "exports.main = (given) => ({ count: Object.keys(given).length })";

const brisk = useBrisk();

function toNames(prefix: string): readonly string[] {
  return Array.from({ length: COUNT }, (_, index) => `${prefix}${index.toString(36)}`);
}

test("a stranger's many fields are compared with many final parameters at once", async () => {
  const parameters = toNames("k").map((key) => ({ key, value: 1 }));
  const annotations = ["web-export", "final"].map((key) => ({ key, value: true }));
  const action = { exec: { kind: "nodejs:24", code: CODE }, parameters, annotations };
  const put = await brisk().request("PUT", `${ACTIONS}/final`, { body: action });
  assert.equal(put.status, 200, put.text.slice(0, 200));
  const path = "/api/v1/web/guest/default/final.json";
  const body = Object.fromEntries(toNames("x").map((key) => [key, 1]));
  const start = performance.now();
  const answer = await brisk().request("POST", path, {
    body,
    headers: { authorization: undefined },
  });
  assert.deepEqual(answer.json, { count: 2 * COUNT + 3 });
  assert.ok(performance.now() - start < ANSWER_MS);
  const refused = await brisk().request("POST", path, { body: { ...body, k1: 2 } });
  assert.equal(refused.status, 400);
});
