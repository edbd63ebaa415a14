import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isTooDeep, toSingleLine } from "./json.ts";

function nest(depth: number, inner = ""): string {
  return `${'{"a":['.repeat(depth / 2)}${inner}${"]}".repeat(depth / 2)}`;
}

test("a thousand levels are not too deep, more are", () => {
  assert.equal(isTooDeep(nest(1000, "1")), false);
  assert.equal(isTooDeep(nest(1002, "1")), true);
  assert.equal(isTooDeep("[".repeat(1001)), true);
});

test("brackets side by side are not deep", () => {
  assert.equal(isTooDeep(JSON.stringify(Array(5000).fill([{}]))), false);
});

test("brackets inside strings do not count, however they are escaped", () => {
  const strings = fc.array(fc.string({ unit: fc.constantFrom("[", "{", '"', "\\", "]", "a") }));
  fc.assert(
    fc.property(strings, (values) => {
      const texts = [...values, "[{".repeat(600)];
      assert.equal(isTooDeep(JSON.stringify(texts)), false);
      assert.equal(isTooDeep(JSON.stringify([...texts, JSON.parse(nest(1002, "1"))])), true);
    }),
  );
});

test("a text that is no JSON is looked through to its end", () => {
  assert.equal(isTooDeep(`"${"[".repeat(5000)}`), false);
  assert.equal(isTooDeep("]".repeat(5000) + "[".repeat(1001)), false);
});

test("a single line has the same value, without line breaks", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 1, "\t"), (json, space) => {
      const value: unknown = JSON.parse(json);
      const line = toSingleLine(JSON.stringify(value, null, space).replaceAll("\n", "\r\n"));
      assert.doesNotMatch(line, /[\r\n]/);
      assert.deepEqual(JSON.parse(line), value);
    }),
  );
});
