import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkSize, dropDuplicates, mergeKeyValues } from "./key-values.ts";

const keyValue = fc.record({
  key: fc.constantFrom("a", "b", "c", "__proto__"),
  value: fc.jsonValue(),
});
const keyValues = fc.array(keyValue);

test("of a key given twice the last one is kept, and no key is lost", () => {
  fc.assert(
    fc.property(keyValues, (given) => {
      const kept = dropDuplicates(given);
      assert.equal(new Set(kept.map(({ key }) => key)).size, kept.length);
      for (const { key } of given) {
        assert.equal(
          kept.find((entry) => entry.key === key),
          given.findLast((entry) => entry.key === key),
        );
      }
    }),
  );
});

test("changes win over what was there, the rest stays, in its order", () => {
  fc.assert(
    fc.property(keyValues, keyValues, (before, changes) => {
      const merged = mergeKeyValues(before, changes);
      const kept = dropDuplicates(before).map(({ key }) => key);
      assert.deepEqual(merged.map(({ key }) => key).slice(0, kept.length), kept);
      for (const entry of merged) {
        const source = changes.findLast(({ key }) => key === entry.key);
        assert.equal(entry, source ?? before.findLast(({ key }) => key === entry.key));
      }
    }),
  );
});

test("merging the same changes twice changes nothing more", () => {
  fc.assert(
    fc.property(keyValues, keyValues, (before, changes) => {
      const once = mergeKeyValues(before, changes);
      assert.deepEqual(mergeKeyValues(once, changes), once);
    }),
  );
});

test("the size counts bytes of keys and of compact JSON, and its bound is allowed", () => {
  const entries = [
    { key: "ü", value: "é" },
    { key: "b", value: { c: [1, null] } },
  ];
  const bytes = 2 + 4 + 1 + '{"c":[1,null]}'.length;
  checkSize("parameters", entries, bytes);
  assert.throws(() => checkSize("parameters", entries, bytes - 1), {
    message: `parameters larger than allowed: ${bytes} > ${bytes - 1} bytes.`,
    status: 413,
  });
});
