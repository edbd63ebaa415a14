import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRouter, type Route } from "./routes.ts";

function route(path: string, method: Route["method"] = "GET"): Route {
  return { method, path, summary: path, answers: {}, handle: () => ({ status: 200, text: path }) };
}

const ROUTES = [
  route("namespaces"),
  route("namespaces/:namespace/actions"),
  route("namespaces/:namespace/actions/"),
  route("namespaces/:namespace/actions/:name"),
  route("namespaces/:namespace/actions/:package/"),
  route("namespaces/:namespace/actions/:package/:name"),
  route("namespaces/:namespace/actions/:name", "PUT"),
];
const find = createRouter(ROUTES);

function match(path: string, method = "GET") {
  const found = find(method, path.split("/"));
  return found && [found.route.path, found.parameters];
}

test("fixed segments are compared, others are parameters, a last slash counts", () => {
  const actions = "namespaces/:namespace/actions";
  assert.deepEqual(match("namespaces"), ["namespaces", {}]);
  assert.deepEqual(match("namespaces/a/actions"), [actions, { namespace: "a" }]);
  assert.deepEqual(match("namespaces/a/actions/"), [`${actions}/`, { namespace: "a" }]);
  assert.deepEqual(match("namespaces/a/actions/b"), [
    `${actions}/:name`,
    { namespace: "a", name: "b" },
  ]);
  assert.deepEqual(match("namespaces/a/actions/b/"), [
    `${actions}/:package/`,
    { namespace: "a", package: "b" },
  ]);
  assert.deepEqual(match("namespaces/a/actions/b/c"), [
    `${actions}/:package/:name`,
    { namespace: "a", package: "b", name: "c" },
  ]);
});

test("another verb, an empty parameter and too many segments match nothing", () => {
  for (const path of ["", "namespaces/", "namespaces/a", "namespaces//actions", "Namespaces"]) {
    assert.equal(match(path), undefined, path);
  }
  assert.equal(match("namespaces/a/actions//b"), undefined);
  assert.equal(match("namespaces/a/actions/b/c/d"), undefined);
  assert.equal(match("namespaces/a/actions/b", "POST"), undefined);
  assert.deepEqual(
    match("namespaces/a/actions/b", "PUT")?.[0],
    "namespaces/:namespace/actions/:name",
  );
});

test("parameters are decoded once, whatever they hold", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (name) => {
      const found = match(`namespaces/_/actions/${encodeURIComponent(name)}`);
      assert.deepEqual(found?.[1], { namespace: "_", name });
    }),
  );
});

test("a segment that cannot be decoded is refused by itself", () => {
  for (const segment of ["%", "%zz", "%E0%A4", "%C0%AF"]) {
    assert.throws(() => match(`namespaces/_/actions/${segment}`), {
      status: 400,
      message: `The path segment '${segment}' is not percent-encoded UTF-8`,
    });
  }
});
