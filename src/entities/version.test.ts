import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FIRST_VERSION, parseVersion, toNextVersion } from "./version.ts";

test("missing parts are 0, further parts are cut, leading zeros go", () => {
  const rows = [
    ["1", "1.0.0"],
    ["1.2", "1.2.0"],
    ["1.2.3", "1.2.3"],
    ["1.2.3.4", "1.2.3"],
    ["0.0.1", "0.0.1"],
    ["01.002.0", "1.2.0"],
    ["1.2.3.x", "1.2.3"],
  ] as const;
  for (const [text, version] of rows) assert.equal(parseVersion(text), version);
});

test("what is no version is refused with what would be one", () => {
  for (const text of [
    "0.0.0",
    "0",
    "",
    ".",
    "1..2",
    "-1",
    "1.-2",
    "a",
    "1.b",
    " 1",
    "1e3",
    "1.+2",
  ]) {
    assert.throws(() => parseVersion(text), {
      message: `The request content was malformed:\n'version' is "${text}", must be major.minor.patch in whole numbers, not all of them 0`,
    });
  }
});

test("an update raises the last part by one, and what it makes is a version", () => {
  assert.equal(toNextVersion(FIRST_VERSION), "0.0.2");
  const part = fc.integer({ min: 1, max: 99_999_999 });
  fc.assert(
    fc.property(part, part, part, (major, minor, patch) => {
      const next = toNextVersion(`${major}.${minor}.${patch}`);
      assert.equal(next, `${major}.${minor}.${patch + 1}`);
      assert.equal(parseVersion(next), next);
    }),
  );
});
