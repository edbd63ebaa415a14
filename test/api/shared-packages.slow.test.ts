// Packages of other namespaces: what is shared, and that nothing is told of what is not (rest-api
// specification, 8.3 and 9.1).

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import {
  annotationOf,
  checkRow,
  type Json,
  readActivation,
  testRows,
  useBrisk,
} from "./fixture.ts";
import { createTenant, EXEC, type Tenant } from "./tenants.ts";

const OTHER = "/api/v1/namespaces/other";
const NOT_THERE = "The requested resource does not exist.";

let other: Tenant;
const brisk = useBrisk({
  setUp: async (up) => {
    other = await createTenant(up, "other");
    const exec = { kind: "nodejs:24", code: "exports.main = (all) => all" };
    for (const [name, publish] of [
      ["tools", true],
      ["hidden", false],
    ] as const) {
      const parameters = [{ key: "from", value: name }];
      await other.request("PUT", `${OTHER}/packages/${name}`, { publish, parameters });
      await other.request("PUT", `${other.actions}/${name}/run`, { exec });
    }
  },
});

function get(path: string): Promise<Answer> {
  return brisk().request("GET", path);
}

async function names(path: string): Promise<unknown[]> {
  return ((await get(path)).json as Json[]).map(({ name }) => name);
}

function refusal(resource: string): string {
  return `The supplied authentication is not authorized to access '${resource}'.`;
}

testRows(brisk, [
  ...["PUT", "DELETE"].map((method) => ({
    name: `${method} of another namespace's package is refused`,
    method,
    path: `${OTHER}/packages/tools`,
    ...(method === "PUT" ? { body: {} } : {}),
    status: 403,
    error: refusal("other/tools"),
  })),
  ...["hidden", "missing", "quick"].map((name) => ({
    name: `GET of another namespace's package is refused: ${name}`,
    method: "GET",
    path: `${OTHER}/packages/${name}`,
    status: 403,
    error: refusal(`other/${name}`),
  })),
  ...["hidden", "missing", "quick"].flatMap((name) =>
    ["GET", "POST"].map((method) => ({
      name: `${method} in another namespace's package is refused: ${name}`,
      method,
      path: `${OTHER}/actions/${name}/run`,
      status: 403,
      error: refusal(`other/${name}`),
    })),
  ),
  ...["PUT", "DELETE"].map((method) => ({
    name: `${method} in another namespace's shared package is refused`,
    method,
    path: `${OTHER}/actions/tools/run`,
    ...(method === "PUT" ? { body: { exec: EXEC } } : {}),
    status: 403,
    error: refusal("other/tools"),
  })),
  ...["GET", "POST"].map((method) => ({
    name: `${method} of a missing action in another's shared package says so`,
    method,
    path: `${OTHER}/actions/tools/missing`,
    status: 404,
    error: NOT_THERE,
  })),
  ...["hidden", "missing"].map((name) => ({
    name: `the actions of another's package are not listed: ${name}`,
    method: "GET",
    path: `${OTHER}/actions/${name}/`,
    status: 403,
    error: refusal(`other/${name}`),
  })),
  {
    name: "a namespace that is not there has no packages",
    method: "GET",
    path: "/api/v1/namespaces/nobody/packages",
    status: 200,
    json: [],
  },
]);

test("another's shared package and its actions are read and run, by the caller as himself", async () => {
  const shared = (await get(`${OTHER}/packages/tools`)).json as { actions: Json[] } & Json;
  assert.equal(shared["namespace"], "other");
  assert.deepEqual(
    shared.actions.map(({ name }) => name),
    ["run"],
  );
  assert.deepEqual(await names(`${OTHER}/actions/tools/`), ["run"]);
  const action = (await get(`${OTHER}/actions/tools/run`)).json as Json;
  assert.deepEqual(action["parameters"], [{ key: "from", value: "tools" }]);
  const { status, json } = await brisk().request(
    "POST",
    `${OTHER}/actions/tools/run?blocking=true`,
  );
  assert.equal(status, 200);
  const record = await readActivation(brisk(), (json as Json)["activationId"]);
  assert.equal(record.namespace, "guest");
  assert.equal(annotationOf(record, "path"), "other/tools/run");
  assert.deepEqual(record.response.result, { from: "tools" });
});

test("another's namespace lists its shared packages alone, one's own all", async () => {
  assert.deepEqual(await names(`${OTHER}/packages`), ["tools"]);
  assert.deepEqual((await get(`${OTHER}/packages/?count=true`)).json, { packages: 1 });
  assert.deepEqual((await get(`${OTHER}/packages?public=true&skip=1`)).json, []);
  const own = (await other.request("GET", `${OTHER}/packages?limit=0&skip=0`)).json as Json[];
  assert.deepEqual(
    own.map(({ updated: _, ...summary }) => summary),
    [
      ["hidden", false],
      ["tools", true],
    ].map(([name, publish]) => ({
      namespace: "other",
      name,
      version: "0.0.1",
      publish,
      annotations: [],
      binding: false,
    })),
  );
  assert.deepEqual((await other.request("GET", `${OTHER}/packages?count=true&skip=1`)).json, {
    packages: 1,
  });
});

test("a package that is no longer shared is closed to whoever ran it before", async () => {
  const path = `${OTHER}/packages/tools?overwrite=true`;
  const run = () => brisk().request("POST", `${OTHER}/actions/tools/run?blocking=true`);
  assert.equal((await run()).status, 200);
  await other.request("PUT", path, { publish: false });
  checkRow({ status: 403, error: refusal("other/tools") }, await run());
  assert.equal(
    (await other.request("POST", `${other.actions}/tools/run?blocking=true`)).status,
    200,
  );
  // What its owner has run is remembered: still it is not for others.
  checkRow({ status: 403, error: refusal("other/tools") }, await run());
  await other.request("PUT", path, { publish: true });
  assert.equal((await run()).status, 200);
});
