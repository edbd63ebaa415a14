// Work on JSON as text, against the same done with values.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RawJson } from "./json.ts";
import { indentJson, pickMembers, prependMembers } from "./json-text.ts";

const spaces = fc.constantFrom(0, 1, "\t");

/** Laid out as OpenWhisk does, by value. */
function layOut(value: unknown, margin = ""): string {
  if (Array.isArray(value)) return `[${value.map((item) => layOut(item, margin)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${margin}  `;
  const members = Object.entries(value).map(
    ([key, member]) => `${inner}${JSON.stringify(key)}: ${layOut(member, inner)}`,
  );
  return `{\n${members.join(",\n")}\n${margin}}`;
}

test("a value is laid out with a line for each member, however it was written", () => {
  fc.assert(
    fc.property(fc.jsonValue(), spaces, (value, space) => {
      const text = JSON.stringify(value, null, space) as RawJson;
      assert.equal(String(indentJson(text)), layOut(JSON.parse(text)));
    }),
  );
});

test("numbers keep their digits, strings what looks like structure", () => {
  const text = String.raw`{"n":[1.0,12345678901234567890],"s":"{\"a\":[1, 2]}\\"}` as RawJson;
  assert.equal(
    String(indentJson(text)),
    String.raw`{
  "n": [1.0, 12345678901234567890],
  "s": "{\"a\":[1, 2]}\\"
}`,
  );
});

test("what would become mostly blanks is left as it is", () => {
  const depth = 900;
  const members = '"b":1,'.repeat(100_000);
  const text = `${'{"a":'.repeat(depth)}{${members}"c":1}${"}".repeat(depth)}` as RawJson;
  assert.equal(String(indentJson(text)), text);
});

test("members are picked with their text, the last of a key", () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(object, spaces, (value, space) => {
      const names = Object.keys(value);
      const picked = pickMembers(JSON.stringify(value, null, space) as RawJson, names);
      const parsed = [...picked].map(([key, text]) => [key, JSON.parse(text)]);
      assert.deepEqual(Object.fromEntries(parsed), JSON.parse(JSON.stringify(value)));
    }),
  );
  const twice = String.raw`{"a":1,"b":{"a":2},"\u0061": 3.0 , "c":"\"a\":4"}` as RawJson;
  assert.deepEqual([...pickMembers(twice, ["a", "x"])], [["a", "3.0"]]);
});

test("members stand in front of an object's own", () => {
  assert.equal(prependMembers([], "{ }" as RawJson), "{ }");
  assert.equal(prependMembers(['"a":1'], "{ }" as RawJson), '{"a":1}');
  assert.equal(prependMembers(['"a":1', '"b":2'], ' {"c":3} ' as RawJson), '{"a":1,"b":2,"c":3}');
});
