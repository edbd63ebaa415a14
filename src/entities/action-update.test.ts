import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Action, CodeExec } from "./action.ts";
import { type ActionRequest, type ActionRules, updateAction } from "./action-update.ts";
import type { EntityName } from "./names.ts";
import type { RuntimeKind } from "./runtime-manifest.ts";

function kind(name: string, more: Partial<RuntimeKind> = {}): RuntimeKind {
  const [family = ""] = name.split(":");
  return {
    kind: name,
    family,
    default: false,
    deprecated: false,
    requireMain: false,
    image: "",
    stemCells: [],
    ...more,
  };
}

const KINDS = [
  kind("nodejs:18", { deprecated: true }),
  kind("nodejs:24", { default: true }),
  kind("java:8", { default: true, requireMain: true }),
];
const RULES: ActionRules = {
  manifest: { kinds: KINDS, missing: () => undefined },
  limits: {
    timeoutMs: { min: 100, standard: 60_000, max: 300_000 },
    memoryMb: { min: 128, standard: 256, max: 512 },
    logsMb: { min: 0, standard: 10, max: 10 },
    concurrency: { min: 1, standard: 1, max: 500 },
    parameterBytesMax: 1_048_576,
    invocationsPerMinute: 60,
    firesPerMinute: 60,
    concurrentInvocations: 30,
  },
  allowedKinds: [],
};
const NAME = { namespace: "guest" as EntityName, name: "hello" as EntityName };
const EXEC = { kind: "nodejs:24", code: "code();" };

function update(request: ActionRequest, before?: Action, rules: Partial<ActionRules> = {}): Action {
  const given = { name: NAME, request, now: 1000, ...(before === undefined ? {} : { before }) };
  return updateAction(given, { ...RULES, ...rules });
}

const keyValues = fc.array(
  fc.record({ key: fc.constantFrom("a", "b", "exec", "provide-api-key"), value: fc.jsonValue() }),
);
const requests: fc.Arbitrary<ActionRequest> = fc.record(
  {
    exec: fc.constant(EXEC),
    parameters: keyValues,
    annotations: keyValues,
    delAnnotations: fc.array(fc.constantFrom("a", "b", "exec", "provide-api-key")),
    publish: fc.boolean(),
    version: fc.constantFrom("1", "2.3", "0.0.7"),
  },
  { requiredKeys: [] },
);

test("whatever is put, the exec annotation is the kind, and no key stands twice", () => {
  fc.assert(
    fc.property(requests, requests, (first, second) => {
      const created = update({ ...first, exec: EXEC });
      for (const action of [created, update(second, created)]) {
        for (const entries of [action.parameters, action.annotations]) {
          assert.equal(new Set(entries.map(({ key }) => key)).size, entries.length);
        }
        const exec = action.annotations.find(({ key }) => key === "exec");
        assert.equal(exec?.value, "nodejs:24");
      }
    }),
  );
});

test("an empty update changes nothing but version and time", () => {
  fc.assert(
    fc.property(requests, (request) => {
      const before = update({ ...request, exec: EXEC });
      const after = update({}, before);
      assert.notEqual(after.version, before.version);
      assert.deepEqual({ ...after, version: before.version }, before);
    }),
  );
});

test("provide-api-key is false on a new action that does not say otherwise, and comes back never", () => {
  const keyOf = ({ annotations }: Action) =>
    annotations.find(({ key }) => key === "provide-api-key")?.value;
  const created = update({ exec: EXEC });
  assert.equal(keyOf(created), false);
  const value = { key: "provide-api-key", value: true };
  assert.equal(keyOf(update({ exec: EXEC, annotations: [value] })), true);
  const without = update({ delAnnotations: ["provide-api-key"] }, created);
  assert.equal(keyOf(without), undefined);
  assert.equal(keyOf(update({ exec: EXEC }, without)), undefined);
});

test("code is text or Base64 by its shape, also where it ends in a line break", () => {
  const rows = [
    ["abcd", true],
    ["abc=", true],
    ["ab==", true],
    ["abcd\n", true],
    ["abc", false],
    ["a=bc", false],
    ["====", false],
    ["ab-_", false],
    ["", false],
    ["exports.main = 1", false],
  ] as const;
  for (const [code, binary] of rows) {
    const { exec } = update({ exec: { kind: "nodejs:24", code } });
    assert.equal((exec as CodeExec).binary, binary, code);
  }
});

test("a kind that needs an entry point is refused without one", () => {
  const exec = { kind: "java:default", code: "x" };
  assert.throws(() => update({ exec }), /'main' must be a string defined in 'exec' for 'java:8'/);
  assert.deepEqual(update({ exec: { ...exec, main: "Hello" } }).exec, {
    kind: "java:8",
    code: "x",
    binary: false,
    main: "Hello",
  });
});

test("a deprecated kind is refused, also to an update that leaves the code as it is", () => {
  const deprecated = { kind: "nodejs:18", code: "x", binary: false };
  const error = /^BriskError: The 'nodejs:18' runtime is no longer supported\. /;
  assert.throws(() => update({ exec: deprecated }), error);
  assert.throws(() => update({}, { ...update({ exec: EXEC }), exec: deprecated }), error);
});

test("a kind that is not installed is refused with the sentence of the manifest", () => {
  const manifest = { kinds: KINDS, missing: (name: string) => `get ${name} so` };
  assert.throws(() => update({ exec: EXEC }, undefined, { manifest }), {
    message: "get nodejs:24 so",
    status: 400,
  });
});

test("a kind that the namespace may not use is refused, an unknown one as unknown", () => {
  const allowedKinds = ["java:8"];
  assert.throws(() => update({ exec: EXEC }, undefined, { allowedKinds }), { status: 403 });
  const exec = { kind: "cobol:60", code: "x" };
  assert.throws(() => update({ exec }, undefined, { allowedKinds }), {
    status: 400,
    message: /The specified runtime 'cobol:60' is not supported by this platform/,
  });
});
