import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseBoolean, parseInteger, parsePage } from "./query.ts";

function query(text: string): URLSearchParams {
  return new URLSearchParams(text);
}

test("truth values are read in every word and case; none and an empty one are the standard", () => {
  for (const word of ["true", "YES", "On", "1"]) {
    assert.equal(parseBoolean(query(`x=${word}`), "x"), true, word);
  }
  for (const word of ["false", "NO", "Off", "0"]) {
    assert.equal(parseBoolean(query(`x=${word}`), "x", true), false, word);
  }
  for (const text of ["", "x=", "y=true", "x"]) {
    assert.equal(parseBoolean(query(text), "x"), false, text);
    assert.equal(parseBoolean(query(text), "x", true), true, text);
  }
});

test("any other word is refused with itself and the parameter's name", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (word) => {
      fc.pre(!/^(true|yes|on|1|false|no|off|0)$/i.test(word));
      const given = new URLSearchParams({ x: word });
      assert.throws(() => parseBoolean(given, "x"), {
        status: 400,
        message: `The query parameter 'x' was malformed:\n'${word}' is not a valid Boolean value`,
      });
    }),
  );
});

const toDetail = (text: string) => `<${text}> is none`;

test("whole numbers are read as they are written, and nothing else is", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      assert.equal(parseInteger(query(`x=${value}`), "x", toDetail), value);
    }),
  );
  assert.equal(parseInteger(query(""), "x", toDetail), undefined);
  for (const text of ["", "1.0", "1e3", "0x1", "ten", "%201", "9007199254740992", "--1", "∞"]) {
    assert.throws(
      () => parseInteger(query(`x=${text}`), "x", toDetail),
      /malformed:\n<.*> is none$/,
      text,
    );
  }
});

test("a page is from 0 to 200, where 0 is 200, and 30 where nobody says", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -10, max: 300 }),
      fc.integer({ min: -10, max: 300 }),
      (limit, skip) => {
        const parse = () => parsePage(query(`limit=${limit}&skip=${skip}`), "actions");
        if (limit < 0 || limit > 200)
          assert.throws(parse, /'limit' .*\n.*range of 0 to 200 for actions/);
        else if (skip < 0)
          assert.throws(parse, /'skip' .*\n.*greater than or equal to 0 for actions/);
        else assert.deepEqual(parse(), { skip, limit: limit || 200 });
      },
    ),
  );
  assert.deepEqual(parsePage(query(""), "actions"), { skip: 0, limit: 30 });
});
