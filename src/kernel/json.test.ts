import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hasInfinity, isTooDeep, isTooWide, toSingleLine, VALUES_MAX } from "./json.ts";

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

test("so many values are not too many, more are, wherever they stand", () => {
  const many = Array(VALUES_MAX).fill(0);
  assert.equal(isTooWide(JSON.stringify(many)), false);
  assert.equal(isTooWide(JSON.stringify({ a: many, b: [1] })), true);
  assert.equal(isTooWide(JSON.stringify([...many, 0])), true);
  assert.equal(isTooWide(JSON.stringify([",".repeat(VALUES_MAX * 2), '\\"', ","])), false);
});

test("a number that is too large for a number is found at any depth", () => {
  assert.equal(hasInfinity(JSON.parse('{"a":[1,{"b":-1e400}]}')), true);
  assert.equal(hasInfinity(JSON.parse('{"a":[1e308,null,"1e400",{}]}')), false);
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
