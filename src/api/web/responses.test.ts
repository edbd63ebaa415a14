// Results as responses, where it matters what the text of a result is; the table of what becomes what
// is tested over HTTP.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BriskError } from "../../kernel/errors.ts";
import type { RawJson } from "../../kernel/json.ts";
import { EXTENSIONS } from "./address.ts";
import { toWebResponse } from "./responses.ts";

test("numbers keep the digits that they came with", () => {
  const result = '{"body": {"big":12345678901234567890, "float":1.0}}' as RawJson;
  const body = '{\n  "big": 12345678901234567890,\n  "float": 1.0\n}';
  assert.equal(String(toWebResponse(result, "http").body), body);
  assert.equal(String(toWebResponse(result, "text").body), body);
  assert.match(String(toWebResponse(result, "json").body), /"float": 1\.0/);
});

test("a status is a whole number, however it is written", () => {
  for (const status of ["200.0", "2e2", '"200"']) {
    const result = ` {"statusCode": ${status}, "body": "x"} ` as RawJson;
    assert.equal(toWebResponse(result, "http").status, 200);
  }
});

test("whatever an action returns is a response or a refusal, and its head can be sent", () => {
  const field = fc.oneof(fc.jsonValue(), fc.string(), fc.integer({ min: 90, max: 610 }));
  const headers = fc.oneof(
    fc.dictionary(fc.oneof(fc.string(), fc.constant("Content-Type")), field),
    field,
  );
  const result = fc.oneof(
    fc.record({ statusCode: field, headers, body: field }, { requiredKeys: [] }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(result, fc.constantFrom(...EXTENSIONS), (value, extension) => {
      const text = JSON.stringify(value) as RawJson;
      const response = attempt(() => toWebResponse(text, extension));
      if (response === undefined) return;
      const { status, headers: lines, contentType = "a/b" } = response;
      assert.ok(Number.isInteger(status) && status >= 101 && status <= 599);
      for (const [name, line] of [...lines, ["content-type", contentType]]) {
        assert.match(String(name), /^[\x21-\x7e]+$/);
        assert.doesNotMatch(String(line), /[\r\n\0]|[^\0-\xff]/);
      }
    }),
  );
});

function attempt<Value>(form: () => Value): Value | undefined {
  try {
    return form();
  } catch (cause) {
    assert.ok(cause instanceof BriskError, String(cause));
    assert.ok(cause.status < 500);
    return undefined;
  }
}
