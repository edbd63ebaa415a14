import assert from "node:assert/strict";
import { test } from "node:test";
import { formatJson, parseJson, sortKeys, toNumber } from "./lossless-json.ts";

test("every number is written as it was read", () => {
  const text = "[\n    1.0,\n    1e2,\n    -0.0,\n    12345678901234567890123,\n    7\n]";
  assert.equal(formatJson(parseJson(text)), text);
  assert.equal(toNumber(parseJson("1.50")), 1.5);
});

test("keys are put in order all the way down, arrays stay", () => {
  const value = parseJson('{"b":[{"z":1,"y":2}],"a":{"d":null,"c":"x"}}');
  assert.equal(JSON.stringify(sortKeys(value)), '{"a":{"c":"x","d":null},"b":[{"y":2,"z":1}]}');
});

test("what looks like markup or a prototype is data", () => {
  const text = '{\n    "__proto__": "<b>&</b>"\n}';
  assert.equal(formatJson(sortKeys(parseJson(text))), text);
});
