// Aliases, from annotations as users write them, and how often each version is chosen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseVersion, listAliased, readAliases } from "./aliases.ts";

function read(value: unknown) {
  return readAliases([{ key: "aliases", value }]);
}

test("there are none without the annotation, also where it was switched off", () => {
  assert.equal(readAliases([{ key: "other", value: {} }]).size, 0);
  for (const value of [null, false, {}]) assert.equal(read(value).size, 0);
});

test("an alias has its versions with their weights, and all versions are listed once", () => {
  const aliases = read({ live: { "0.0.3": 90, "0.0.4": 10 }, "a.b-1": { "0.0.3": 1 } });
  assert.deepEqual(
    [...aliases],
    [
      [
        "live",
        [
          { version: "0.0.3", weight: 90 },
          { version: "0.0.4", weight: 10 },
        ],
      ],
      ["a.b-1", [{ version: "0.0.3", weight: 1 }]],
    ],
  );
  assert.deepEqual([...listAliased(aliases)], ["0.0.3", "0.0.4"]);
});

const one = { "0.0.1": 1 };
const eleven = Array.from({ length: 11 }, (_, index) => index);
for (const [value, message] of [
  [true, /must be an object with the aliases' names/],
  ["live", /must be an object/],
  [[one], /must be an object/],
  [{ "": one }, /has '', must have names of 1 to 64 letters/],
  [{ "a b": one }, /has 'a b', must have names/],
  [{ live: {} }, /must give 'live' 1 to 10 versions/],
  [{ live: "0.0.1" }, /must give 'live' 1 to 10 versions/],
  [{ live: { "1.0": 1 } }, /gives 'live' the version '1.0', must be major\.minor\.patch/],
  [{ live: { "0.0.01": 1 } }, /the version '0.0.01'/],
  [{ live: { "0.0.1": 0 } }, /for 0.0.1 the weight 0, must be a whole number from 1 to 1000000/],
  [{ live: { "0.0.1": 1.5 } }, /the weight 1.5/],
  [{ live: { "0.0.1": "1" } }, /the weight "1"/],
  [{ live: { "0.0.1": 1_000_001 } }, /the weight 1000001/],
  [{ live: Object.fromEntries(eleven.map((n) => [`0.0.${n}`, 1])) }, /1 to 10 versions/],
  [Object.fromEntries(eleven.map((n) => [`a${n}`, one])), /has 11 aliases, may have 10/],
] as const) {
  test(`${JSON.stringify(value)} is refused`, () => {
    assert.throws(() => read(value), { code: "invalid", message });
  });
}

test("names that objects have by themselves are names like others", () => {
  assert.equal(read({}).get("constructor"), undefined);
  assert.equal(read(JSON.parse('{"__proto__": {"0.0.1": 1}}')).has("__proto__"), true);
});

test("over all of what chance may give, each version has its share to the last part", () => {
  const weighted = [
    { version: "a", weight: 2 },
    { version: "b", weight: 1 },
    { version: "c", weight: 7 },
  ];
  const parts = 1000;
  const counts = new Map<string, number>();
  for (let part = 0; part < parts; part++) {
    // In the middle of the part: its edges are not to be rounded over.
    const version = chooseVersion(weighted, (part + 0.5) / parts);
    counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  assert.deepEqual(
    [...counts],
    [
      ["a", 200],
      ["b", 100],
      ["c", 700],
    ],
  );
  assert.equal(chooseVersion(weighted, 0), "a");
  assert.equal(chooseVersion(weighted, 1 - Number.EPSILON / 2), "c");
});
