// What goes to the environment, and what to the run.

import assert from "node:assert/strict";
import { test } from "node:test";
import { toRawJson } from "../kernel/json.ts";
import type { ActivationMessage } from "../messages/activation-message.ts";
import { splitArguments } from "./requests.ts";

function toMessage(content: object, initKeys: readonly string[]): ActivationMessage {
  return { content: toRawJson(content), initKeys } as unknown as ActivationMessage;
}

test("init parameters are taken out of the arguments", () => {
  const { value, init } = splitArguments(toMessage({ a: 1, b: "x", c: [2] }, ["b", "d"]));
  assert.equal(value, '{"a":1,"c":[2]}');
  assert.deepEqual(init, { b: "x" });
});

test("a megabyte of them takes no longer than it takes to read", { timeout: 10_000 }, () => {
  const keys = Array.from({ length: 100_000 }, (_, index) => `k${index.toString(36)}`);
  const content = Object.fromEntries(keys.map((key) => [key, 1]));
  // One by one it would be five thousand million comparisons.
  const start = performance.now();
  const { init } = splitArguments(toMessage(content, keys));
  assert.equal(Object.keys(init).length, keys.length);
  assert.ok(performance.now() - start < 5000);
});
