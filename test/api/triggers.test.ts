import assert from "node:assert/strict";
import { test } from "node:test";
import { checkError, type Json, OWN, putAction, type Row, testRows, useBrisk } from "./fixture.ts";

const TRIGGERS = `${OWN}/triggers`;
const KEPT = `${TRIGGERS}/kept`;

const brisk = useBrisk({
  setUp: async (up) => {
    await putAction(up, { name: "action", code: "const main = () => ({})" });
    const body = { parameters: [{ key: "a", value: 1 }], annotations: [{ key: "b", value: 2 }] };
    assert.equal((await up.request("PUT", KEPT, { body })).status, 200);
    assert.equal((await up.request("PUT", `${TRIGGERS}/fed`, { body: {} })).status, 200);
  },
});

function put(name: string, body: unknown = {}, query = "overwrite=true") {
  return brisk().request("PUT", `${TRIGGERS}/${name}?${query}`, { body });
}

test("a trigger is answered as it was put, and so it stays", async () => {
  const body = {
    parameters: [
      { key: "a", value: { deep: [1, null] } },
      { key: "a", value: 2, more: true },
    ],
    annotations: [{ key: "feed", value: "/_/f" }],
    publish: true,
    name: "other",
    namespace: "_",
    limits: {},
    updated: 1,
  };
  const { status, json } = await put("whole", body, "overwrite=false");
  const { updated, ...rest } = json as Json;
  assert.equal(status, 200);
  assert.ok(Math.abs(Date.now() - Number(updated)) < 60_000);
  assert.deepEqual(rest, {
    namespace: "guest",
    name: "whole",
    parameters: [{ key: "a", value: 2 }],
    limits: {},
    version: "0.0.1",
    publish: true,
    annotations: [{ key: "feed", value: "/_/f" }],
  });
  assert.deepEqual((await brisk().request("GET", `${TRIGGERS}/whole`)).json, json);
});

test("an update replaces what it gives, keeps the rest and counts the version up", async () => {
  const parameters = [{ key: "a", value: 1 }];
  const annotations = [{ key: "b", value: 1 }];
  await put("updated", { parameters, annotations });
  const first = (await put("updated", { annotations: [] })).json as Json;
  assert.deepEqual(
    [first["version"], first["parameters"], first["annotations"]],
    ["0.0.2", parameters, []],
  );
  const second = (await put("updated", { version: "3", publish: true })).json as Json;
  assert.deepEqual([second["version"], second["publish"]], ["3.0.0", true]);
  const third = (await put("updated", {})).json as Json;
  assert.deepEqual([third["version"], third["publish"]], ["3.0.1", true]);
});

test("links to rules stay where a trigger is updated, and do not touch it themselves", async () => {
  const before = (await put("linked")).json as Json;
  assert.equal("rules" in before, false);
  const body = { trigger: "/_/linked", action: "/_/action" };
  assert.equal((await brisk().request("PUT", `${OWN}/rules/link`, { body })).status, 200);
  const rules = {
    "guest/link": { action: { path: "guest", name: "action" }, status: "active" },
  };
  const { json } = await brisk().request("GET", `${TRIGGERS}/linked`);
  assert.deepEqual(json, { ...before, rules });
  const updated = (await put("linked", { rules: {} })).json as Json;
  assert.deepEqual(updated["rules"], rules);
  await brisk().request("DELETE", `${OWN}/rules/link`);
  const after = (await brisk().request("GET", `${TRIGGERS}/linked`)).json as Json;
  assert.deepEqual(after["rules"], {});
});

test("of many who create one trigger one does, and updates at a time all count", async () => {
  const creations = await Promise.all(Array.from({ length: 8 }, () => put("race", {}, "")));
  assert.deepEqual(creations.map(({ status }) => status).sort(), [200, ...Array(7).fill(409)]);
  const updates = await Promise.all(Array.from({ length: 8 }, () => put("race")));
  assert.deepEqual(new Set(updates.map(({ status }) => status)), new Set([200]));
  const { version } = (await brisk().request("GET", `${TRIGGERS}/race`)).json as Json;
  assert.equal(version, "0.0.9");
});

test("a deleted trigger is answered whole, and gone", async () => {
  const { json } = await put("gone", { parameters: [{ key: "a", value: 1 }] });
  const deleted = await brisk().request("DELETE", `${TRIGGERS}/gone`);
  assert.deepEqual([deleted.status, deleted.json], [200, json]);
  for (const method of ["GET", "DELETE"]) {
    const answer = await brisk().request(method, `${TRIGGERS}/gone`);
    assert.equal(answer.status, 404);
    checkError(answer, "The requested resource does not exist.");
  }
  const again = (await put("gone", {}, "")).json as Json;
  assert.equal(again["version"], "0.0.1");
});

test("lists have summaries, the newest first, and counts leave out what is skipped", async () => {
  await put("listed-1");
  const newest = (await put("listed-2", { annotations: [{ key: "a", value: 1 }] })).json as Json;
  const { namespace, name, version, publish, annotations, updated } = newest;
  const list = async (query: string) => (await brisk().request("GET", `${TRIGGERS}${query}`)).json;
  const first = [{ namespace, name, version, publish, annotations, updated }];
  assert.deepEqual(await list("?limit=1"), first);
  const [second] = (await list("/?limit=1&skip=1")) as Json[];
  assert.equal(second?.["name"], "listed-1");
  const { triggers } = (await list("?count=true")) as { triggers: number };
  assert.deepEqual(await list("?count=true&skip=1&limit=1"), { triggers: triggers - 1 });
  assert.deepEqual(await list("?count=true&skip=1000"), { triggers: 0 });
  assert.equal(((await list("?limit=0")) as Json[]).length, triggers);
});

test("parameters and annotations have a bound, which is the namespace's", async () => {
  const value = "x".repeat(1_048_576);
  for (const field of ["parameters", "annotations"]) {
    const answer = await put("large", { [field]: [{ key: "a", value }] });
    assert.equal(answer.status, 413);
    checkError(answer, `${field} larger than allowed: 1048579 > 1048576 bytes.`);
  }
});

const ROWS: readonly Row[] = [
  {
    name: "a trigger that is there is not created",
    method: "PUT",
    path: KEPT,
    body: {},
    status: 409,
    error: "resource already exists",
  },
  ...["GET", "PUT", "DELETE"].map(
    (method): Row => ({
      name: `a name that an action has is not a trigger's: ${method}`,
      method,
      path: `${TRIGGERS}/action?overwrite=true`,
      ...(method === "PUT" ? { body: {} } : {}),
      status: 409,
      error: "Resource by this name exists but is not in this collection.",
    }),
  ),
  {
    name: "a name that a trigger has is not an action's",
    method: "PUT",
    path: `${OWN}/actions/kept`,
    body: { exec: { kind: "nodejs:24", code: "" } },
    status: 409,
    error: "Resource by this name exists but is not in this collection.",
  },
  ...["GET", "PUT", "DELETE"].map(
    (method): Row => ({
      name: `another namespace's triggers are not accessible: ${method}`,
      method,
      path: "/api/v1/namespaces/other/triggers/t",
      ...(method === "PUT" ? { body: {} } : {}),
      status: 403,
      error: "The supplied authentication is not authorized to access 'other/t'.",
    }),
  ),
  {
    name: "another namespace's triggers are not listed",
    method: "GET",
    path: "/api/v1/namespaces/other/triggers",
    status: 403,
    error: "The supplied authentication is not authorized to access 'other'.",
  },
  {
    name: "a trigger stands in no package",
    method: "PUT",
    path: `${TRIGGERS}/package/kept`,
    body: {},
    status: 404,
    error: "The requested resource could not be found.",
  },
  {
    name: "a PUT without a body is refused",
    method: "PUT",
    path: `${TRIGGERS}/new`,
    status: 400,
    error: /^The request content was malformed:\n/,
  },
  {
    name: "a PUT of no JSON is refused",
    method: "PUT",
    path: `${TRIGGERS}/new`,
    body: "{}",
    headers: { "content-type": "text/plain" },
    status: 415,
    error: /Content-Type/,
  },
  {
    name: "parameters are an array",
    method: "PUT",
    path: `${TRIGGERS}/new`,
    body: { parameters: { a: 1 } },
    status: 400,
    error: "The request content was malformed:\n'parameters' must be an array",
  },
  {
    name: "a version is three numbers",
    method: "PUT",
    path: `${TRIGGERS}/new`,
    body: { version: "0.0.0" },
    status: 400,
    error: /^The request content was malformed:\n'version' is "0\.0\.0"/,
  },
  {
    name: "a kind that there is not is refused also where it has no meaning",
    method: "PUT",
    path: `${TRIGGERS}/new`,
    body: { exec: { kind: "cobol:60", code: "" } },
    status: 400,
    error: /^The request content was malformed:\nThe specified runtime 'cobol:60' is not supported/,
  },
  {
    name: "null is as if it were not there",
    method: "PUT",
    path: `${TRIGGERS}/kept?overwrite=true`,
    body: { parameters: null, annotations: null, version: null, publish: null, limits: null },
    status: 200,
    has: { parameters: [{ key: "a", value: 1 }], annotations: [{ key: "b", value: 2 }] },
  },
  {
    name: "a feed's path may have slashes too many",
    method: "PUT",
    path: `${TRIGGERS}/slashes`,
    body: { annotations: [{ key: "feed", value: "//_/p//f/" }] },
    status: 200,
    has: { annotations: [{ key: "feed", value: "//_/p//f/" }] },
  },
  {
    name: "an update's feed is not looked at",
    method: "PUT",
    path: `${TRIGGERS}/fed?overwrite=true`,
    body: { annotations: [{ key: "feed", value: 7 }] },
    status: 200,
    has: { annotations: [{ key: "feed", value: 7 }] },
  },
  {
    name: "a page has at most 200",
    method: "GET",
    path: `${TRIGGERS}?limit=201`,
    status: 400,
    error:
      "The query parameter 'limit' was malformed:\nThe value '201' is not in the range of 0 to 200 for triggers.",
  },
];

testRows(brisk, ROWS);
