// Bindings: what they may stand for, what they inherit, and what runs through them (rest-api
// specification, 8.1 and 8.2).

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import {
  ACTIONS,
  annotationOf,
  checkRow,
  type Json,
  OWN,
  putAction,
  readActivation,
  testRows,
  useBrisk,
} from "./fixture.ts";
import { createTenant, EXEC, type Tenant } from "./tenants.ts";

const PACKAGES = `${OWN}/packages`;
const OTHER = "/api/v1/namespaces/other";
const NOT_THERE = "The requested resource does not exist.";
const TARGET_MISSING = "Binding references a package that does not exist.";
const NOT_ON_BINDING = "Operation not permitted on package binding.";
const ECHO = "exports.main = (all) => all";
const SHOW = `exports.main = (all) => ({ ...all, context: [process.env.__OW_NAMESPACE,
  process.env.__OW_ACTION_NAME, process.env.__OW_API_KEY] })`;

const parameters = (values: Json) => Object.entries(values).map(([key, value]) => ({ key, value }));

let other: Tenant;
const brisk = useBrisk({
  setUp: async (up) => {
    other = await createTenant(up, "other");
    const exec = { kind: "nodejs:24", code: SHOW };
    for (const [name, publish] of [
      ["shared", true],
      ["closing", true],
      ["vanishing", true],
      ["private", false],
    ] as const) {
      const body = {
        publish,
        parameters: parameters({ a: "provider", b: "provider", c: "provider" }),
      };
      await other.request("PUT", `${OTHER}/packages/${name}`, body);
      const action = { exec, parameters: parameters({ c: "action" }) };
      await other.request("PUT", `${other.actions}/${name}/show`, action);
    }
    const binding = { namespace: "other", name: "shared" };
    await other.request("PUT", `${OTHER}/packages/ownBinding`, { binding, publish: true });
    await up.request("PUT", `${PACKAGES}/plain`, { body: {} });
    await putAction(up, { name: "plain/echo", code: ECHO });
    await putAction(up, { name: "anAction", code: ECHO });
    const first = { binding: { namespace: "_", name: "plain" } };
    await up.request("PUT", `${PACKAGES}/first`, { body: first });
  },
});

function put(name: string, body: unknown, query = ""): Promise<Answer> {
  return brisk().request("PUT", `${PACKAGES}/${name}${query}`, { body });
}

function bind(name: string, target: string, query = ""): Promise<Answer> {
  const [namespace, provider] = target.split("/");
  return put(name, { binding: { namespace, name: provider } }, query);
}

function get(path: string): Promise<Answer> {
  return brisk().request("GET", path);
}

function run(name: string): Promise<Answer> {
  return brisk().request("POST", `${ACTIONS}/${name}?blocking=true`);
}

function refusal(resource: string): string {
  return `The supplied authentication is not authorized to access '${resource}'.`;
}

testRows(brisk, [
  ...(
    [
      ["a missing package of one's own", "_/missing", 400, TARGET_MISSING],
      ["itself", "_/refused", 400, TARGET_MISSING],
      ["a binding", "_/first", 400, "Cannot bind to another package binding."],
      ["an action", "guest/anAction", 409, "Cannot bind to a resource that is not a package."],
      ["another's missing package", "other/missing", 403, refusal("other/missing")],
      ["another's private package", "other/private", 403, refusal("other/private")],
      ["another's action", "other/quick", 403, refusal("other/quick")],
      ["another's binding", "other/ownBinding", 403, refusal("other/ownBinding")],
      ["a namespace that is not there", "nobody/tools", 403, refusal("nobody/tools")],
    ] as const
  ).map(([what, target, status, error]) => {
    const [namespace, name] = target.split("/");
    return {
      name: `nothing is bound to ${what}`,
      method: "PUT",
      path: `${PACKAGES}/refused`,
      body: { binding: { namespace, name } },
      status,
      error,
    };
  }),
  {
    name: "a plain package does not become a binding",
    method: "PUT",
    path: `${PACKAGES}/plain?overwrite=true`,
    body: { binding: { namespace: "other", name: "shared" } },
    status: 409,
    error: "Resource is a package and cannot be converted into a binding.",
  },
  {
    name: "a binding does not come to stand for itself",
    method: "PUT",
    path: `${PACKAGES}/first?overwrite=true`,
    body: { binding: { namespace: "_", name: "first" } },
    status: 400,
    error: "Cannot bind to another package binding.",
  },
  ...["echo", "missing"].flatMap((name) =>
    ["PUT", "DELETE"].map((method) => ({
      name: `${method} through a binding is refused: ${name}`,
      method,
      path: `${ACTIONS}/first/${name}`,
      ...(method === "PUT" ? { body: { exec: EXEC } } : {}),
      status: 400,
      error: NOT_ON_BINDING,
    })),
  ),
  ...["GET", "POST"].map((method) => ({
    name: `${method} of a missing action through a binding says so`,
    method,
    path: `${ACTIONS}/first/missing`,
    status: 404,
    error: NOT_THERE,
  })),
  ...["packages/ownBinding", "actions/ownBinding/", "actions/ownBinding/show"].map((path) => ({
    name: `another's binding is not to be used, published or not: ${path}`,
    method: "GET",
    path: `${OTHER}/${path}`,
    status: 403,
    error: refusal("other/ownBinding"),
  })),
]);

test("a binding names what it stands for, also in its annotation, and by false what does not", async () => {
  const body = {
    binding: { namespace: "_", name: "plain" },
    annotations: [
      { key: "binding", value: "mine" },
      { key: "note", value: 1 },
    ],
  };
  const binding = { namespace: "guest", name: "plain" };
  const made = (await put("named", body)).json as Json;
  assert.deepEqual(made["binding"], binding);
  assert.deepEqual(made["annotations"], [
    { key: "note", value: 1 },
    { key: "binding", value: binding },
  ]);
  const list = (await get(`${PACKAGES}?limit=0`)).json as Json[];
  const shown = new Map(list.map((entry) => [entry["name"], entry["binding"]]));
  assert.deepEqual([shown.get("named"), shown.get("plain")], [binding, false]);
});

test("a binding goes over to another provider, and never becomes plain", async () => {
  await bind("moving", "_/plain");
  const kept = (await put("moving", { binding: {} }, "?overwrite=true")).json as Json;
  assert.deepEqual(kept["binding"], { namespace: "guest", name: "plain" });
  assert.equal((await run("moving/echo")).status, 200);
  const moved = (await bind("moving", "other/shared", "?overwrite=true")).json as Json;
  const binding = { namespace: "other", name: "shared" };
  assert.deepEqual(moved["binding"], binding);
  assert.deepEqual(moved["annotations"], [{ key: "binding", value: binding }]);
  assert.equal(moved["version"], "0.0.3");
  checkRow({ status: 404, error: NOT_THERE }, await run("moving/echo"));
  assert.equal((await run("moving/show")).status, 200);
});

test("a binding shows its provider's actions, and its parameters under its own", async () => {
  const body = {
    binding: { namespace: "other", name: "shared" },
    parameters: parameters({ b: "binding", d: "binding" }),
  };
  const made = (await put("seen", body)).json as Json;
  assert.deepEqual(made["parameters"], body.parameters);
  const seen = (await get(`${PACKAGES}/seen`)).json as { actions: Json[] } & Json;
  assert.equal(seen["namespace"], "guest");
  const merged = { a: "provider", b: "binding", c: "provider", d: "binding" };
  assert.deepEqual(seen["parameters"], parameters(merged));
  assert.deepEqual(
    seen.actions.map(({ name }) => name),
    ["show"],
  );
  const [listed] = (await get(`${ACTIONS}/seen/`)).json as Json[];
  assert.deepEqual([listed?.["namespace"], listed?.["name"]], ["other/shared", "show"]);
  const action = (await get(`${ACTIONS}/seen/show?code=false`)).json as Json;
  assert.deepEqual(action["parameters"], parameters({ ...merged, c: "action" }));
  assert.deepEqual([action["namespace"], action["binding"]], ["other/shared", "guest/seen"]);
  const whole = (await get(`${ACTIONS}/seen/show`)).json as Json;
  assert.equal("binding" in whole, false);
  assert.equal((whole["exec"] as Json)["code"], SHOW);
});

test("a binding says of itself what its provider does, unless it says otherwise", async () => {
  const annotations = parameters({ description: "provider's", note: "provider's" });
  await put("described", { annotations });
  const binding = { namespace: "guest", name: "described" };
  await put("describing", { binding, annotations: parameters({ note: "own" }) });
  const shown = (await get(`${PACKAGES}/describing`)).json as Json;
  assert.deepEqual(
    shown["annotations"],
    parameters({ description: "provider's", note: "own", binding }),
  );
});

test("what runs through a binding is the provider's action, run by whoever asks", async () => {
  const body = {
    binding: { namespace: "other", name: "shared" },
    parameters: parameters({ b: "binding" }),
  };
  await put("running", body);
  for (const payload of [undefined, { a: "caller" }]) {
    const answer = await brisk().request("POST", `${ACTIONS}/running/show?blocking=true`, {
      body: payload,
    });
    const record = await readActivation(brisk(), (answer.json as Json)["activationId"]);
    assert.deepEqual(record.response.result, {
      ...{ a: "provider", b: "binding", c: "action", ...payload },
      // Without the key: the action does not ask for it.
      context: ["guest", "/other/shared/show", null],
    });
    assert.deepEqual([record.namespace, record.name], ["guest", "show"]);
    assert.equal(annotationOf(record, "path"), "other/shared/show");
    assert.equal(annotationOf(record, "binding"), "guest/running");
  }
  const found = async (name: string) =>
    ((await get(`${OWN}/activations?name=${name}`)).json as Json[]).length;
  const counts = await Promise.all(["running/show", "shared/show", "show"].map(found));
  assert.deepEqual(counts, [2, 0, 0]);
});

test("what its provider changes holds for the next run through a binding", async () => {
  const result = async () =>
    ((await run("current/echo")).json as { response: { result: unknown } }).response.result;
  const update = (body: Json) => put("source", body, "?overwrite=true");
  await update({ parameters: parameters({ a: 1, b: 1 }) });
  await putAction(brisk(), { name: "source/echo", code: ECHO });
  await put("current", { binding: { namespace: "_", name: "source" } });
  assert.deepEqual(await result(), { a: 1, b: 1 });
  await update({ parameters: parameters({ a: 2, b: 2 }) });
  assert.deepEqual(await result(), { a: 2, b: 2 });
  await put("current", { parameters: parameters({ b: 3 }) }, "?overwrite=true");
  assert.deepEqual(await result(), { a: 2, b: 3 });
  await putAction(brisk(), {
    name: "source/echo",
    code: "exports.main = () => ({ changed: true })",
  });
  assert.deepEqual(await result(), { changed: true });
  await brisk().request("DELETE", `${ACTIONS}/source/echo`);
  checkRow({ status: 404, error: NOT_THERE }, await run("current/echo"));
});

test("a binding is closed with its provider, and can still be deleted", async () => {
  await bind("closed", "other/closing");
  assert.equal((await run("closed/show")).status, 200);
  await other.request("PUT", `${OTHER}/packages/closing?overwrite=true`, { publish: false });
  const refused = { status: 403, error: refusal("guest/closed") };
  checkRow(refused, await run("closed/show"));
  for (const path of ["packages/closed", "actions/closed/", "actions/closed/show"]) {
    checkRow(refused, await get(`${OWN}/${path}`));
  }
  assert.equal((await brisk().request("DELETE", `${PACKAGES}/closed`)).status, 200);
});

test("a binding whose provider is gone: refused if it was another's, missing if one's own", async () => {
  await bind("lost", "other/vanishing");
  await put("gone", {});
  await bind("dangling", "_/gone");
  await other.request("DELETE", `${OTHER}/packages/vanishing?force=true`);
  await brisk().request("DELETE", `${PACKAGES}/gone`);
  for (const [name, row] of [
    ["lost", { status: 403, error: refusal("guest/lost") }],
    ["dangling", { status: 404, error: NOT_THERE }],
  ] as const) {
    for (const path of [`packages/${name}`, `actions/${name}/`, `actions/${name}/show`]) {
      checkRow(row, await get(`${OWN}/${path}`));
    }
    checkRow(row, await run(`${name}/show`));
    checkRow(
      { status: 400, error: NOT_ON_BINDING },
      await brisk().request("DELETE", `${ACTIONS}/${name}/show`),
    );
  }
  // A binding in its provider's place is no provider.
  await bind("gone", "_/plain");
  checkRow({ status: 404, error: NOT_THERE }, await get(`${PACKAGES}/dangling`));
});
