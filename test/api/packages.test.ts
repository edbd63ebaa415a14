// Packages: their fields, what is in them, deleting, and one name for one thing (rest-api specification,
// 3.2 and 8). Others' packages: shared-packages.slow.test.ts; bindings: bindings.slow.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import {
  ACTIONS,
  annotationOf,
  checkError,
  checkRow,
  invoke,
  type Json,
  OWN,
  putAction,
  readActivation,
  testRows,
  useBrisk,
} from "./fixture.ts";
import { EXEC } from "./tenants.ts";

const PACKAGES = `${OWN}/packages`;
const NOT_THERE = "The requested resource does not exist.";
const OTHER_TYPE = "Resource by this name exists but is not in this collection.";
const ECHO = "exports.main = (all) => all";

const brisk = useBrisk({
  setUp: async (up) => {
    await up.request("PUT", `${PACKAGES}/there`, { body: {} });
    await putAction(up, { name: "there/inside", code: ECHO });
    await putAction(up, { name: "anAction", code: ECHO });
  },
});

function put(name: string, body: unknown = {}, query = ""): Promise<Answer> {
  return brisk().request("PUT", `${PACKAGES}/${name}${query}`, { body });
}

function get(path: string): Promise<Answer> {
  return brisk().request("GET", path);
}

async function names(path: string): Promise<unknown[]> {
  return ((await get(path)).json as Json[]).map(({ name }) => name);
}

testRows(brisk, [
  {
    name: "a name that is taken is refused",
    method: "PUT",
    path: `${PACKAGES}/there`,
    body: {},
    status: 409,
    error: "resource already exists",
  },
  ...["PUT", "GET", "DELETE"].map((method) => ({
    name: `${method} of a package that is an action is refused`,
    method,
    path: `${PACKAGES}/anAction`,
    ...(method === "PUT" ? { body: {} } : {}),
    status: 409,
    error: OTHER_TYPE,
  })),
  ...["PUT", "GET", "DELETE", "POST"].map((method) => ({
    name: `${method} of an action that is a package is refused`,
    method,
    path: `${ACTIONS}/there`,
    ...(method === "PUT" ? { body: { exec: EXEC } } : {}),
    status: 409,
    error: OTHER_TYPE,
  })),
  ...["PUT", "GET", "DELETE", "POST"].map((method) => ({
    name: `${method} in a package that is an action is refused`,
    method,
    path: `${ACTIONS}/anAction/x`,
    ...(method === "PUT" ? { body: { exec: EXEC } } : {}),
    status: 409,
    error: OTHER_TYPE,
  })),
  {
    name: "the actions of an action are refused",
    method: "GET",
    path: `${ACTIONS}/anAction/`,
    status: 409,
    error: OTHER_TYPE,
  },
  {
    name: "GET of a missing package names it",
    method: "GET",
    path: `${PACKAGES}/missing`,
    status: 404,
    error: "The requested resource 'guest/missing' does not exist.",
  },
  {
    name: "GET of a package of the reserved name finds none",
    method: "GET",
    path: `${PACKAGES}/default`,
    status: 404,
    error: "The requested resource 'guest/default' does not exist.",
  },
  ...["", "?overwrite=true"].map((query) => ({
    name: `the name of no package is reserved${query}`,
    method: "PUT",
    path: `${PACKAGES}/default${query}`,
    body: {},
    status: 400,
    error: "Package name 'default' is reserved.",
  })),
  {
    name: "a package is not invoked",
    method: "POST",
    path: `${PACKAGES}/there`,
    body: {},
    status: 404,
    error: "The requested resource could not be found.",
  },
  ...(
    [
      ["no body", "", /^The request content was malformed:\nthe body is empty/],
      ["no object", "[]", /the body is an array, must be an object$/],
      ["binding null", '{"binding":null}', /'binding' must be an object$/],
      ["binding an array", '{"binding":[]}', /'binding' must be an object$/],
      ["binding a text", '{"binding":"/a/b"}', /'binding' must be an object$/],
      [
        "binding without name",
        '{"binding":{"namespace":"a"}}',
        /'name' must be a string .+'binding'/,
      ],
      ["binding without namespace", '{"binding":{"name":"a"}}', /'namespace' must be a string/],
      ["binding of other fields", '{"binding":{"x":1}}', /'namespace' must be a string/],
      ["binding of a number", '{"binding":{"namespace":"a","name":1}}', /'name' must be a string/],
      ["parameters an object", '{"parameters":{"a":1}}', /'parameters' must be an array$/],
      ["a parameter without value", '{"parameters":[{"key":"a"}]}', /'value' must be given/],
      ["publish a text", '{"publish":"yes"}', /'publish' must be true or false$/],
      ["version of zeros", '{"version":"0.0.0"}', /'version' is "0\.0\.0"/],
    ] as const
  ).map(([what, body, error]) => ({
    name: `a body is refused for ${what}`,
    method: "PUT",
    path: `${PACKAGES}/wrong`,
    body,
    headers: { "content-type": "application/json" },
    status: 400,
    error,
  })),
  {
    name: "an illegal name to bind to is refused",
    method: "PUT",
    path: `${PACKAGES}/wrong`,
    body: { binding: { namespace: "_", name: "a$" } },
    status: 400,
    error: /illegal characters/,
  },
  {
    name: "a body that is not JSON is refused",
    method: "PUT",
    path: `${PACKAGES}/wrong`,
    body: "{}",
    headers: { "content-type": "text/plain" },
    status: 415,
    error:
      "The request's Content-Type is not supported. Expected:\napplication/json, got text/plain",
  },
  ...["parameters", "annotations"].map((field) => ({
    name: `${field} that are too large are refused`,
    method: "PUT",
    path: `${PACKAGES}/wrong`,
    body: { [field]: [{ key: "a", value: "x".repeat(1024 * 1024) }] },
    status: 413,
    error: `${field} larger than allowed: 1048579 > 1048576 bytes.`,
  })),
  {
    name: "a list's bounds are those of all lists",
    method: "GET",
    path: `${PACKAGES}?limit=201`,
    status: 400,
    error:
      "The query parameter 'limit' was malformed:\nThe value '201' is not in the range of 0 to 200 for packages.",
  },
]);

test("a package is what was put, with the standard for the rest", async () => {
  const empty = (await put("empty")).json as Json;
  const { updated, ...rest } = empty;
  assert.equal(typeof updated, "number");
  assert.deepEqual(rest, {
    namespace: "guest",
    name: "empty",
    binding: {},
    parameters: [],
    annotations: [],
    version: "0.0.1",
    publish: false,
  });
  assert.deepEqual((await get(`${PACKAGES}/empty`)).json, { ...empty, actions: [], feeds: [] });
  const deleted = await brisk().request("DELETE", `${PACKAGES}/empty`);
  checkRow({ status: 200, json: empty }, deleted);
  assert.equal((await get(`${PACKAGES}/empty`)).status, 404);
});

test("an update replaces what it has, keeps the rest, and counts the version", async () => {
  const body = {
    parameters: [
      { key: "a", value: 1 },
      { key: "a", value: 2, init: true },
    ],
    annotations: [
      { key: "description", value: "first" },
      { key: "binding", value: "mine" },
    ],
    publish: true,
    version: "1.2",
    unknown: null,
  };
  const made = (await put("updated", body)).json as Json;
  assert.deepEqual(made["parameters"], [{ key: "a", value: 2, init: true }]);
  assert.deepEqual(made["annotations"], [{ key: "description", value: "first" }]);
  assert.equal(made["version"], "1.2.0");
  const kept = (await put("updated", { binding: {}, publish: null }, "?overwrite=true"))
    .json as Json;
  assert.deepEqual({ ...kept, updated: 0 }, { ...made, version: "1.2.1", updated: 0 });
  const changed = { annotations: [], parameters: [{ key: "b", value: null }], publish: false };
  const replaced = (await put("updated", changed, "?overwrite=true")).json as Json;
  assert.deepEqual({ ...replaced, ...changed }, replaced);
  assert.equal(replaced["version"], "1.2.2");
});

test("an action inherits its package's parameters, in its answers and when it runs", async () => {
  await put("inherited", {
    parameters: [1, 2, 3].map((n) => ({ key: `k${n}`, value: "package" })),
  });
  const own = [{ key: "k2", value: "action" }];
  const made = await putAction(brisk(), { name: "inherited/a", code: ECHO, parameters: own });
  assert.equal(made["namespace"], "guest/inherited");
  assert.deepEqual(made["parameters"], own);
  const merged = [
    { key: "k1", value: "package" },
    { key: "k2", value: "action" },
    { key: "k3", value: "package" },
  ];
  for (const query of ["", "?code=false"]) {
    const got = (await get(`${ACTIONS}/inherited/a${query}`)).json as Json;
    assert.deepEqual(got["parameters"], merged);
    assert.equal("binding" in got, false);
  }
  const { json } = await invoke(brisk(), "inherited/a", { body: { k3: "caller" } });
  const { activationId, response } = json as { activationId: string; response: Json };
  assert.deepEqual(response["result"], { k1: "package", k2: "action", k3: "caller" });
  const record = await readActivation(brisk(), activationId);
  assert.equal(record.name, "a");
  assert.equal(annotationOf(record, "path"), "guest/inherited/a");
  assert.equal(annotationOf(record, "binding"), undefined);
  const found = async (name: string) =>
    ((await get(`${OWN}/activations?name=${name}`)).json as Json[]).length;
  assert.deepEqual([await found("inherited/a"), await found("a")], [1, 0]);
});

test("what a package changes holds for the next run of what was run before", async () => {
  const result = async () =>
    (await invoke(brisk(), "fresh/a", { query: "blocking=true&result=true" })).json;
  await put("fresh", { parameters: [{ key: "k", value: 1 }] });
  await putAction(brisk(), { name: "fresh/a", code: ECHO });
  assert.deepEqual(await result(), { k: 1 });
  await put("fresh", { parameters: [{ key: "k", value: 2 }] }, "?overwrite=true");
  assert.deepEqual(await result(), { k: 2 });
  await brisk().request("DELETE", `${PACKAGES}/fresh?force=true`);
  checkError(await invoke(brisk(), "fresh/a"), NOT_THERE);
  await put("fresh");
  checkError(await invoke(brisk(), "fresh/a"), NOT_THERE);
  await putAction(brisk(), { name: "fresh/a", code: ECHO });
  assert.deepEqual(await result(), {});
});

test("a final action fixes its package's parameters too", async () => {
  const parameters = [
    { key: "fixed", value: 1 },
    { key: "open", value: null },
  ];
  await put("fixing", { parameters });
  const annotations = [{ key: "final", value: true }];
  await putAction(brisk(), { name: "fixing/a", code: ECHO, annotations });
  assert.equal((await invoke(brisk(), "fixing/a", { body: { open: 1 } })).status, 200);
  const refused = await invoke(brisk(), "fixing/a", { body: { fixed: 2 } });
  assert.equal(refused.status, 400);
  checkError(refused, /^Request defines parameters that are not allowed/);
});

test("a package shows its actions and feeds, and lists its actions", async () => {
  await put("full");
  await putAction(brisk(), { name: "full/one", code: ECHO });
  const annotations = [{ key: "feed", value: false }];
  await putAction(brisk(), { name: "full/source", code: ECHO, annotations });
  const { actions, feeds } = (await get(`${PACKAGES}/full`)).json as {
    actions: Json[];
    feeds: Json[];
  };
  assert.deepEqual(
    actions.map(({ name, version }) => [name, version]),
    [["one", "0.0.1"]],
  );
  assert.deepEqual(feeds, [
    {
      name: "source",
      version: "0.0.1",
      annotations: [
        ...annotations,
        { key: "provide-api-key", value: false },
        { key: "exec", value: "nodejs:24" },
      ],
    },
  ]);
  assert.deepEqual(await names(`${ACTIONS}/full/`), ["source", "one"]);
  assert.deepEqual((await get(`${ACTIONS}/full/?count=true`)).json, { actions: 2 });
  const all = (await get(`${ACTIONS}?limit=0`)).json as Json[];
  const paths = all.map(({ namespace, name }) => `${namespace}/${name}`);
  for (const path of ["guest/full/one", "guest/full/source"]) assert.ok(paths.includes(path), path);
});

test("a package with something in it is deleted only by force", async () => {
  await put("crowded");
  const remove = (query = "") => brisk().request("DELETE", `${PACKAGES}/crowded${query}`);
  const refused = async (contains: string) => {
    const text = `Package not empty (contains ${contains}). Set force param or delete package contents.`;
    checkRow({ status: 409, error: text }, await remove());
  };
  await putAction(brisk(), { name: "crowded/a", code: ECHO });
  await refused("1 entity");
  await putAction(brisk(), { name: "crowded/b", code: ECHO });
  await refused("2 entities");
  checkRow({ status: 200, has: { name: "crowded" } }, await remove("?force=true"));
  assert.equal((await get(`${ACTIONS}/crowded/a`)).status, 404);
  assert.deepEqual((await get(`${ACTIONS}/crowded/`)).status, 404);
  const all = (await get(`${ACTIONS}?limit=0`)).json as Json[];
  assert.equal(
    all.some(({ namespace }) => namespace === "guest/crowded"),
    false,
  );
});

test("of a package's deletion and puts into it at once nothing is left outside", async () => {
  for (let round = 0; round < 5; round++) {
    await put("contested");
    const action = { body: { exec: EXEC } };
    const [made, removed] = await Promise.all([
      brisk().request("PUT", `${ACTIONS}/contested/a`, action),
      brisk().request("DELETE", `${PACKAGES}/contested`),
    ]);
    assert.ok([200, 404, 409].includes(made.status), made.text);
    assert.ok([200, 409].includes(removed.status), removed.text);
    const isThere = (await get(`${PACKAGES}/contested`)).status === 200;
    const all = (await get(`${ACTIONS}?limit=0`)).json as Json[];
    const isInside = all.some(({ namespace }) => namespace === "guest/contested");
    assert.deepEqual([isThere, isInside], [removed.status !== 200, made.status === 200 && isThere]);
    if (made.status === 200) assert.ok(isThere);
    await brisk().request("DELETE", `${PACKAGES}/contested?force=true`);
  }
});
