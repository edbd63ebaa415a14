import assert from "node:assert/strict";
import { test } from "node:test";
import type { EntityName } from "../entities/names.ts";
import { type RawJson, toRawJson } from "../kernel/json.ts";
import { readContinuation, toConductorPayload, toStepName } from "./continuation.ts";

test("a conductor's result is read field by field", () => {
  const rows = [
    [{}, { type: "end", result: "{}" }],
    [{ state: 1 }, { type: "end", result: '{"state":1}' }],
    [
      { params: { a: 1 }, b: 2 },
      { type: "end", result: '{"a":1}' },
    ],
    [{ params: null }, { type: "end", result: '{"value":null}' }],
    [[1], { type: "end", result: '{"value":[1]}' }],
    [{ action: null }, { type: "step", action: null }],
    [
      { action: "a", params: [1], state: "s", method: "unknown" },
      { type: "step", action: "a", params: '{"value":[1]}', state: '{"state":"s"}' },
    ],
    [
      { action: "a", params: { p: 1 }, state: { s: 1 } },
      { type: "step", action: "a", params: '{"p":1}', state: '{"s":1}' },
    ],
  ] as const;
  for (const [result, read] of rows) assert.deepEqual(readContinuation(toRawJson(result)), read);
});

test("a result that is the end keeps its digits", () => {
  const result = '{"n":12345678901234567890}' as RawJson;
  assert.deepEqual(readContinuation(result), { type: "end", result });
});

test("the state lies over the input, and goes with an input that is none", () => {
  const rows = [
    ['{"a":1,"b":2}', undefined, '{"a":1,"b":2}'],
    ['{"a":1,"b":2}', '{"b":3}', '{"a":1,"b":3}'],
    ["[1]", '{"b":3}', "{}"],
  ] as const;
  for (const [input, state, payload] of rows) {
    assert.equal(toConductorPayload(input as RawJson, state as RawJson | undefined), payload);
  }
});

test("a step's name is seen from the invoker's namespace", () => {
  const rows = [
    ["a", { namespace: "own", name: "a" }],
    ["p/a", { namespace: "own", package: "p", name: "a" }],
    ["/ns/a", { namespace: "ns", name: "a" }],
    ["/_/a", { namespace: "own", name: "a" }],
    ["/ns/p/a", { namespace: "ns", package: "p", name: "a" }],
    ["ns/p/a", { namespace: "ns", package: "p", name: "a" }],
    ["_/p/a", { namespace: "own", package: "p", name: "a" }],
    ...["/a", "", "/", "a/", "/ns/", "a//b", "a/b/c/d", "a#b", null, 7, ["a"]].map(
      (wrong) => [wrong, undefined] as const,
    ),
  ] as const;
  for (const [action, name] of rows) {
    assert.deepEqual(toStepName(action, "own" as EntityName), name, JSON.stringify(action));
  }
});
