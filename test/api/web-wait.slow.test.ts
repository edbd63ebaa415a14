// A web action that does not end in time: the wait is a minute, and cannot be chosen (web-action
// specification, 1.8).

import assert from "node:assert/strict";
import { test } from "node:test";
import { putAction, readActivation, useBrisk } from "./fixture.ts";
import { callWeb, checkWebError } from "./web-fixture.ts";

const SECOND_MS = 1000;

const brisk = useBrisk();

test("after a minute the answer is 202, and the activation goes on", async () => {
  await putAction(brisk(), {
    name: "slow",
    code: `exports.main = () => new Promise((done) => setTimeout(done, ${62 * SECOND_MS}, { a: 1 }))`,
    annotations: [{ key: "web-export", value: true }],
    limits: { timeout: 90 * SECOND_MS },
  });
  const answer = await callWeb(brisk(), "GET slow.json");
  assert.equal(answer.status, 202);
  checkWebError(answer, "Response not yet ready.");
  assert.equal(answer.headers["access-control-allow-origin"], "*");
  const id = answer.headers["x-openwhisk-activation-id"];
  const record = await readActivation(brisk(), id);
  assert.deepEqual(record.response.result, { a: 1 });
});
