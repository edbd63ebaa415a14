// Base64, told from plain text and decoded.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeBase64, isBase64 } from "./base64.ts";

test("bytes come back, with their padding or without", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString("base64");
      assert.deepEqual(decodeBase64(text), Buffer.from(bytes));
      assert.deepEqual(decodeBase64(text.replaceAll("=", "")), Buffer.from(bytes));
      assert.equal(isBase64(text), bytes.length > 0);
    }),
  );
});

test("what is not whole is not decoded", () => {
  for (const text of [
    "a",
    "abcde",
    "a b=",
    "ab=",
    "abc==",
    "abcd=",
    "ab==cd",
    "-_-_",
    "ab\ncd",
    "=",
  ]) {
    assert.equal(decodeBase64(text), undefined, text);
  }
});
