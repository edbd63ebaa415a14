import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EntityName } from "./names.ts";
import { type Binding, bindingOf, isShared } from "./package.ts";
import { type PackageRequest, updatePackage } from "./package-update.ts";

const name = { namespace: "guest" as EntityName, name: "tools" as EntityName };
const target = { namespace: "other" as EntityName, name: "maps" as EntityName };
const elsewhere: Binding = { ...target, name: "elsewhere" as EntityName };

const keyValues = fc.array(
  fc.record({ key: fc.constantFrom("a", "b", "binding"), value: fc.jsonValue() }),
  { maxLength: 4 },
);
const requests = fc.record(
  {
    binding: fc.constantFrom(target, elsewhere, {}),
    parameters: keyValues,
    annotations: keyValues,
    publish: fc.boolean(),
  },
  { requiredKeys: [] },
);
const plain = ({ binding: _, ...request }: PackageRequest): PackageRequest => request;

test("the annotation `binding` says what a binding stands for, and is on nothing else", () => {
  fc.assert(
    fc.property(requests, requests, (first, second) => {
      const before = updatePackage({ name, request: first, now: 1 });
      const isBound = bindingOf(before) !== undefined;
      const request = isBound ? second : plain(second);
      for (const document of [before, updatePackage({ name, request, before, now: 2 })]) {
        const annotated = document.annotations.filter(({ key }) => key === "binding");
        const expected = isBound ? [{ key: "binding", value: bindingOf(document) }] : [];
        assert.deepEqual(annotated, expected);
      }
    }),
  );
});

test("an empty update changes the version and the time alone", () => {
  fc.assert(
    fc.property(requests, (first) => {
      const before = updatePackage({ name, request: first, now: 1 });
      const after = updatePackage({ name, request: {}, before, now: 2 });
      assert.deepEqual(after, { ...before, version: "0.0.2", updated: 2 });
    }),
  );
});

test("a binding takes another provider, and an empty one leaves it as it is", () => {
  const before = updatePackage({ name, request: { binding: target }, now: 1 });
  const bound = (binding: PackageRequest["binding"] & object) =>
    updatePackage({ name, request: { binding }, before, now: 2 }).binding;
  assert.deepEqual(bound(elsewhere), elsewhere);
  assert.deepEqual(bound({}), target);
});

test("a plain package does not become a binding", () => {
  const before = updatePackage({ name, request: {}, now: 1 });
  const request = { binding: target };
  assert.throws(() => updatePackage({ name, request, before, now: 2 }), {
    code: "binding-from-package",
  });
});

test("what is published is shared, unless it is a binding", () => {
  const shared = (request: PackageRequest) => isShared(updatePackage({ name, request, now: 1 }));
  assert.equal(shared({}), false);
  assert.equal(shared({ publish: true }), true);
  assert.equal(shared({ publish: true, binding: target }), false);
});
