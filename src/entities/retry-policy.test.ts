// Retry policies, from annotations as users write them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readRetryPolicy, toBackoffMs } from "./retry-policy.ts";

function read(values: Readonly<Record<string, unknown>>) {
  return readRetryPolicy(Object.entries(values).map(([key, value]) => ({ key, value })));
}

test("without the annotations there is no policy, also where they were switched off", () => {
  assert.equal(read({ other: 1 }), undefined);
  assert.equal(read({ retries: null, "dead-letter": false }), undefined);
});

test("retries wait a second unless told otherwise, a dead letter alone means no retries", () => {
  assert.deepEqual(read({ retries: { times: 3 } }), { times: 3, backoffMs: 1000 });
  assert.deepEqual(read({ retries: { times: 3, backoff: 50 }, "dead-letter": "/_/failed" }), {
    times: 3,
    backoffMs: 50,
    deadLetter: "failed",
  });
  assert.deepEqual(read({ "dead-letter": "failed" }), {
    times: 0,
    backoffMs: 1000,
    deadLetter: "failed",
  });
});

for (const retries of [
  true,
  3,
  {},
  { times: 0 },
  { times: 101 },
  { times: 1.5 },
  { times: 1, backoff: 1 },
]) {
  test(`retries ${JSON.stringify(retries)} are refused`, () => {
    assert.throws(() => read({ retries }), { code: "invalid", message: /'retries' must be/ });
  });
}

for (const trigger of [true, "", "/other/failed", "a/b", "*"]) {
  test(`a dead letter to ${JSON.stringify(trigger)} is refused`, () => {
    assert.throws(() => read({ "dead-letter": trigger }), { code: "invalid" });
  });
}

test("each retry waits twice as long as the one before, an hour at most", () => {
  const policy = { times: 100, backoffMs: 1000 };
  assert.deepEqual(
    [1, 2, 3, 12, 13, 100].map((retry) => toBackoffMs(policy, retry)),
    [1000, 2000, 4000, 2_048_000, 3_600_000, 3_600_000],
  );
});
