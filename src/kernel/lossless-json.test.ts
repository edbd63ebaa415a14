import assert from "node:assert/strict";
import { test } from "node:test";
import { parseKeepingDigits, parseLossless, toNumber } from "./lossless-json.ts";

test("every number is written as it was read", () => {
  const text = "[1.0,1e2,-0.0,12345678901234567890123,7]";
  assert.equal(JSON.stringify(parseLossless(text)), text);
  assert.equal(toNumber(parseLossless("1.50")), 1.5);
});

test("long numbers keep their digits wherever they stand, others are plain numbers", () => {
  const rows = [
    "12345678901234567890",
    "-12345678901234567890",
    '{"a":[{"b":9007199254740993}]}',
    "0.12345678901234567890123",
    "12345678.123456789012345678901",
    '{"text":"12345678901234567890","__proto__":[1]}',
  ];
  for (const text of rows) assert.equal(JSON.stringify(parseKeepingDigits(text)), text);
  const mixed = parseKeepingDigits("[12345678901234567890,1.0,1e2,1795559206610123]");
  assert.deepEqual((mixed as unknown[]).slice(1), [1, 100, 1_795_559_206_610_123]);
});

test("what is beyond every number is not kept", () => {
  assert.equal(parseKeepingDigits("1234567890123456e400"), Number.POSITIVE_INFINITY);
});
