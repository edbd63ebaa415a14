import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type EntityName,
  fromDocumentId,
  isEntityName,
  parseEntityName,
  toDocumentId,
  toPath,
} from "./names.ts";

const NAME_LENGTH_MAX = 256;
const FIRST = "ABCXYZabcxyz0189_";
const MIDDLE = `${FIRST} @.&-`;
const LAST = `${FIRST}@.&-`;

const legalName = fc
  .tuple(
    fc.constantFrom(...FIRST),
    fc.string({ unit: fc.constantFrom(...MIDDLE), maxLength: NAME_LENGTH_MAX - 2 }),
    fc.constantFrom(...LAST),
  )
  .map((parts) => parts.join("") as EntityName);

test("what is made of the allowed characters in their places is a name", () => {
  fc.assert(
    fc.property(legalName, (name) => {
      assert.ok(isEntityName(name));
      assert.equal(parseEntityName(name), name);
    }),
  );
});

test("any text with another character is no name", () => {
  const other = fc
    .string({ unit: "binary", minLength: 1, maxLength: 1 })
    .filter((character) => !MIDDLE.includes(character) && !/^[A-Za-z0-9]$/.test(character));
  fc.assert(
    fc.property(legalName, other, fc.nat(), (name, character, at) => {
      const place = at % (name.length + 1);
      const text = name.slice(0, place) + character + name.slice(place);
      assert.equal(isEntityName(text), false, JSON.stringify(text));
    }),
  );
});

test("a name neither begins with a mark nor ends in a blank", () => {
  for (const text of [" a", "@a", ".a", "&a", "-a", "a ", "", " "]) {
    assert.equal(isEntityName(text), false, JSON.stringify(text));
    assert.throws(() => parseEntityName(text), /contains illegal characters/);
  }
});

test("a name has at most 256 characters", () => {
  assert.ok(isEntityName("x".repeat(NAME_LENGTH_MAX)));
  assert.equal(isEntityName("x".repeat(NAME_LENGTH_MAX + 1)), false);
  assert.throws(
    () => parseEntityName("x".repeat(NAME_LENGTH_MAX + 1)),
    /^BriskError: Name segement longer than allowed: 257 > 256\.$/,
  );
});

test("a document's id says which entity it is of", () => {
  fc.assert(
    fc.property(legalName, fc.option(legalName), legalName, (namespace, packageName, name) => {
      const qualified = { namespace, name, ...(packageName ? { package: packageName } : {}) };
      const id = toDocumentId(qualified);
      assert.deepEqual(fromDocumentId(id), qualified);
      assert.equal(id, `${toPath(qualified)}/${name}`);
    }),
  );
});
