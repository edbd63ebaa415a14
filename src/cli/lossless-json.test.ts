import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLossless } from "../kernel/lossless-json.ts";
import { formatJson, sortKeys } from "./lossless-json.ts";

test("every number is written as it was read", () => {
  const text = "[\n    1.0,\n    1e2,\n    -0.0,\n    12345678901234567890123,\n    7\n]";
  assert.equal(formatJson(parseLossless(text)), text);
});

test("keys are put in order all the way down, arrays stay", () => {
  const value = parseLossless('{"b":[{"z":1,"y":2}],"a":{"d":null,"c":"x"}}');
  assert.equal(JSON.stringify(sortKeys(value)), '{"a":{"c":"x","d":null},"b":[{"y":2,"z":1}]}');
});

test("what looks like markup or a prototype is data", () => {
  const text = '{\n    "__proto__": "<b>&</b>"\n}';
  assert.equal(formatJson(sortKeys(parseLossless(text))), text);
});
