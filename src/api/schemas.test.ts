import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BriskError } from "../kernel/errors.ts";
import { parseActionBody, parseJson } from "./schemas.ts";

const WHOLE = {
  exec: { kind: "nodejs:24", code: "x", main: "m" },
  parameters: [
    { key: "a", value: null },
    { key: "b", value: { c: 1 }, init: true },
  ],
  annotations: [{ key: "a", value: [] }],
  delAnnotations: ["b"],
  limits: { timeout: 1, memory: 2, logs: 3, concurrency: 4, instances: 5 },
  version: "1.2.3",
  publish: true,
};

function parse(body: unknown) {
  return parseActionBody(JSON.stringify(body));
}

test("a body with everything is taken as it is", () => {
  assert.deepEqual(parse(WHOLE), WHOLE);
});

test("what is null is as good as absent, what is unknown is ignored", () => {
  const nulls = Object.fromEntries(Object.keys(WHOLE).map((key) => [key, null]));
  assert.deepEqual(parse({ ...nulls, name: "else", updated: 5 }), {});
  assert.deepEqual(parse({ limits: { timeout: null, memory: 128, more: 1 } }), {
    limits: { memory: 128 },
  });
  assert.deepEqual(parse({ exec: { kind: "a", code: null, main: null, jar: "old" } }), {
    exec: { kind: "a", code: "old" },
  });
});

test("code wins over its old name", () => {
  assert.deepEqual(parse({ exec: { kind: "a", code: "new", jar: "old" } }).exec, {
    kind: "a",
    code: "new",
  });
});

test("init is kept only where it is true", () => {
  const parameters = [{ key: "a", value: 1, init: false, encryption: "x" }];
  assert.deepEqual(parse({ parameters }).parameters, [{ key: "a", value: 1 }]);
});

test("what is wrong is named with where it stands and what would be right", () => {
  const rows: readonly (readonly [body: unknown, detail: string])[] = [
    [[], "the body is an array, must be an object"],
    [null, "the body is null, must be an object"],
    ["a", "the body is a string, must be an object"],
    [{ exec: "a" }, "'exec' must be an object"],
    [{ exec: [] }, "'exec' must be an object"],
    [{ limits: [] }, "'limits' must be an object"],
    [{ parameters: [[]] }, "'0' must be an object defined in 'parameters'"],
    [{ exec: {} }, "'kind' must be a string defined in 'exec'"],
    [{ exec: { kind: 1 } }, "'kind' must be a string defined in 'exec'"],
    [{ exec: { kind: "a", code: 1 } }, "'code' must be a string defined in 'exec'"],
    [{ exec: { kind: "a", main: [] } }, "'main' must be a string defined in 'exec'"],
    [{ parameters: {} }, "'parameters' must be an array"],
    [{ parameters: [{ key: "a" }] }, "'value' must be given in 'parameters.0'"],
    [{ parameters: [{ value: 1 }] }, "'key' must be a string defined in 'parameters.0'"],
    [{ parameters: [1] }, "'0' must be an object defined in 'parameters'"],
    [
      {
        annotations: [
          { key: "a", value: 1 },
          { key: "b", value: 1, init: 1 },
        ],
      },
      "'init' must be true or false defined in 'annotations.1'",
    ],
    [{ delAnnotations: [1] }, "'0' must be a string defined in 'delAnnotations'"],
    [{ limits: { timeout: "1" } }, "'timeout' must be a number defined in 'limits'"],
    [{ limits: { timeout: 1.5 } }, "'timeout' must be a whole number defined in 'limits'"],
    [{ version: 1 }, "'version' must be a string"],
    [{ publish: 1 }, "'publish' must be true or false"],
  ];
  for (const [body, detail] of rows) {
    assert.throws(() => parse(body), {
      status: 400,
      message: `The request content was malformed:\n${detail}`,
    });
  }
});

test("any text is either a request or refused with a sentence", () => {
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(WHOLE)));
  const bodies = fc.dictionary(fc.constantFrom(...Object.keys(WHOLE), "x"), odd);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        bodies.map((body) => JSON.stringify(body)),
      ),
      (text) => {
        try {
          parseActionBody(text);
        } catch (cause) {
          assert.ok(cause instanceof BriskError && cause.status === 400, String(cause));
          assert.doesNotMatch(cause.message, /undefined|\[object/);
        }
      },
    ),
  );
});

test("a value of any depth that JSON allows is read, or refused as too deep", () => {
  assert.ok(Array.isArray(parseJson("[".repeat(900) + "]".repeat(900))));
  assert.throws(() => parseJson("[".repeat(100_000)), {
    message: /the body is nested too deeply, must have at most 1000 levels$/,
  });
});
