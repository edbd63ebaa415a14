// Sequences: what may be put, and what is stored (web-and-composition specification, 2.6).

import assert from "node:assert/strict";
import { test } from "node:test";
import { ECHO, invokeWhole, putActions, putEntity, putSequence, times } from "./composed.ts";
import {
  ACTIONS,
  checkError,
  checkRow,
  type Json,
  putAction,
  testRows,
  useBrisk,
} from "./fixture.ts";
import { createTenant } from "./tenants.ts";

const LENGTH_MAX = 50;
const TOO_LONG = "Too many actions in the sequence.";
const MISSING = "Sequence component does not exist.";
const CYCLIC = "Sequence may not refer to itself.";
const FULL_NAME =
  "The request content was malformed:\nrequirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.";

const brisk = useBrisk({
  setUp: async (brisk) => {
    await putEntity(brisk, "packages", "p");
    await putEntity(brisk, "triggers", "a-trigger");
    await putActions(brisk, { echo: ECHO, "p/b": ECHO });
    await putSequence(brisk, "lines", ["echo", "echo"]);
    await putSequence(brisk, "inner25", times(25, "echo"));
    await putSequence(brisk, "inner26", times(26, "echo"));
    await putSequence(brisk, "s", ["echo"]);
    await putSequence(brisk, "x", ["s"]);
  },
});

test("a sequence is put with its components' whole names, and the parameter that is made of them", async () => {
  const body = {
    exec: { kind: "Sequence", components: ["/_/echo", "/_/p/b", { path: "_", name: "echo" }] },
    parameters: [{ key: "mine", value: 1 }],
    annotations: [{ key: "a", value: 1 }],
  };
  const path = `${ACTIONS}/one`;
  const put = await brisk().request("PUT", path, { body });
  assert.equal(put.status, 200, put.text);
  const components = ["/guest/echo", "/guest/p/b", "/guest/echo"];
  const action = put.json as Json;
  assert.deepEqual(action["exec"], { kind: "sequence", components });
  assert.deepEqual(action["parameters"], [{ key: "_actions", value: components }]);
  assert.deepEqual(action["annotations"], [
    { key: "a", value: 1 },
    { key: "provide-api-key", value: false },
    { key: "exec", value: "sequence" },
  ]);
  assert.deepEqual((await brisk().request("GET", path)).json, action);
  assert.deepEqual((await brisk().request("GET", `${path}?code=false`)).json, action);
  const { json: list } = await brisk().request("GET", `${ACTIONS}?limit=200`);
  const entry = (list as Json[]).find(({ name }) => name === "one");
  assert.deepEqual(entry?.["exec"], { binary: false });
});

test("an update without exec keeps the components, and drops parameters", async () => {
  const before = await putSequence(brisk(), "kept", ["echo", "p/b"]);
  const body = { parameters: [{ key: "mine", value: 1 }] };
  const { status, json } = await brisk().request("PUT", `${ACTIONS}/kept?overwrite=true`, { body });
  assert.equal(status, 200);
  const { updated: _, ...rest } = json as Json;
  const { updated: __, ...kept } = before;
  assert.deepEqual(rest, { ...kept, version: "0.0.2" });
});

test("what was stored is not looked at again where an update leaves it, and annotations go by their rules", async () => {
  await putAction(brisk(), { name: "brief", code: ECHO });
  await putSequence(brisk(), "stale", ["brief", "p/b"]);
  await brisk().request("DELETE", `${ACTIONS}/brief`);
  const path = `${ACTIONS}/stale?overwrite=true`;
  const put = async (body: Json) => {
    const { status, json, text } = await brisk().request("PUT", path, { body });
    assert.equal(status, 200, text);
    return (json as { annotations: Json[] }).annotations.map(({ key }) => key);
  };
  const delAnnotations = ["provide-api-key", "a"];
  const given = [{ key: "a", value: 1 }];
  assert.deepEqual(await put({ annotations: given }), ["provide-api-key", "exec", "a"]);
  // With components it is a new sequence, of which nothing is dropped.
  const exec = { kind: "sequence", components: ["/_/echo"] };
  assert.deepEqual(await put({ exec, delAnnotations }), ["provide-api-key", "exec", "a"]);
  assert.deepEqual(await put({ delAnnotations }), ["exec"]);
});

test("a sequence becomes an action without its parameter, and an action a sequence without its own", async () => {
  await putSequence(brisk(), "changing", ["echo"]);
  const action = await putAction(brisk(), { name: "changing", code: ECHO });
  assert.deepEqual(action["parameters"], []);
  const parameters = [{ key: "mine", value: 1 }];
  await putAction(brisk(), { name: "changing", code: ECHO, parameters });
  const again = await putSequence(brisk(), "changing", ["echo"]);
  assert.deepEqual(again["parameters"], [{ key: "_actions", value: ["/guest/echo"] }]);
  const { result } = await invokeWhole(brisk(), "changing", { n: 1 });
  assert.deepEqual(result, { n: 1 });
});

function put(components: unknown, over: { readonly path?: string } = {}) {
  const { path = `${ACTIONS}/refused` } = over;
  return { method: "PUT", path, body: { exec: { kind: "sequence", components } } };
}

testRows(brisk, [
  {
    name: "a sequence without components is refused",
    ...put(undefined),
    status: 400,
    error: "The request content was malformed:\n'components' must be defined for sequence kind",
  },
  {
    name: "a component's slashes may be too many or one too few, and are stored as they should be",
    ...put(["//_//echo/", "_/p//b"], { path: `${ACTIONS}/slashes` }),
    status: 200,
    has: { exec: { kind: "sequence", components: ["/guest/echo", "/guest/p/b"] } },
  },
  { name: "a component has a namespace", ...put(["a", "b"]), status: 400, error: FULL_NAME },
  {
    name: "a component has at most three parts",
    ...put(["/_/a/b/c"]),
    status: 400,
    error: /'\/_\/a\/b\/c' is no name/,
  },
  { name: "a component has legal names", ...put(["/_/a#"]), status: 400, error: /'\/_\/a#' is no/ },
  {
    name: "components are an array",
    ...put("a"),
    status: 400,
    error: /'components' must be an array/,
  },
  { name: "components are texts", ...put([1]), status: 400, error: /must be a string/ },
  {
    name: "a sequence of nothing is refused",
    ...put([]),
    status: 400,
    error: "No component specified for the sequence.",
  },
  {
    name: "a sequence cannot be emptied",
    ...put([], { path: `${ACTIONS}/lines?overwrite=true` }),
    status: 400,
    error: "No component specified for the sequence.",
  },
  {
    name: "a sequence that is too long is refused",
    ...put(times(LENGTH_MAX + 1, "/_/echo")),
    status: 400,
    error: TOO_LONG,
  },
  {
    name: "a sequence may be as long as is allowed",
    ...put(times(LENGTH_MAX, "/_/echo"), { path: `${ACTIONS}/longest` }),
    status: 200,
  },
  {
    name: "inner sequences count as what they are made of: too much together",
    ...put(["/_/inner25", "/_/inner26"]),
    status: 400,
    error: TOO_LONG,
  },
  {
    name: "inner sequences count as what they are made of: just enough together",
    ...put(["/_/inner25", "/_/inner25"], { path: `${ACTIONS}/enough` }),
    status: 200,
  },
  {
    name: "a new sequence may not name itself",
    ...put(["/_/refused"]),
    status: 400,
    error: CYCLIC,
  },
  {
    name: "a new sequence may not name itself among others",
    ...put(["/_/echo", "/_/refused", "/_/echo"]),
    status: 400,
    error: CYCLIC,
  },
  {
    name: "a sequence may not name one that is made of it",
    ...put(["/_/x"], { path: `${ACTIONS}/s?overwrite=true` }),
    status: 400,
    error: CYCLIC,
  },
  { name: "a component must be there", ...put(["/_/nowhere"]), status: 400, error: MISSING },
  {
    name: "a component's package must be there",
    ...put(["/_/nowhere/a"]),
    status: 404,
    error: "The requested resource does not exist.",
  },
  {
    name: "components of others are refused together, by their packages",
    ...put(["/other/a", "/_/echo", "/other/p/a", "/other/p/b"]),
    status: 403,
    error: "The supplied authentication is not authorized to access 'other/a, other/p'.",
  },
  ...["a-trigger", "p"].map((name) => ({
    name: `${name} is no component`,
    ...put([`/_/${name}`]),
    status: 409,
    error: "Resource by this name exists but is not in this collection.",
  })),
  {
    name: "a name that is taken comes before what is wrong with the components",
    ...put([], { path: `${ACTIONS}/lines` }),
    status: 409,
    error: "resource already exists",
  },
]);

test("a hundred thousand components are refused at once, whoever has them", async () => {
  const components = Array.from({ length: 100_000 }, (_, index) => `/_/p${index}/a`);
  const { path, body } = put(components);
  const answer = await brisk().request("PUT", path, { body });
  assert.equal(answer.status, 400);
  // Not that a package is missing: none is looked up.
  checkError(answer, TOO_LONG);
});

test("a sequence that could not run, as it stands in too many others, is refused", async () => {
  await putSequence(brisk(), "nested-0", ["echo"]);
  for (let depth = 1; depth <= LENGTH_MAX; depth++) {
    await putSequence(brisk(), `nested-${depth}`, [`nested-${depth - 1}`]);
  }
  const { result } = await invokeWhole(brisk(), `nested-${LENGTH_MAX}`, { n: 1 });
  assert.deepEqual(result, { n: 1 });
  const { path, body } = put([`/_/nested-${LENGTH_MAX}`]);
  const answer = await brisk().request("PUT", path, { body });
  assert.equal(answer.status, 400);
  checkError(answer, TOO_LONG);
});

test("a sequence is refused to who may not use its kind", async () => {
  const tenant = await createTenant(brisk(), "no-sequences");
  await tenant.limit({ allowedKinds: ["nodejs:24"] });
  const body = { exec: { kind: "sequence", components: ["/_/quick"] } };
  const answer = await tenant.request("PUT", `${tenant.actions}/seq`, body);
  const error =
    "The supplied authentication is not authorized to access actions of kind 'sequence'.";
  checkRow({ status: 403, error }, answer);
});

test("a sequence is listed and deleted like any action", async () => {
  await putSequence(brisk(), "passing-by", ["echo"]);
  const { status, json } = await brisk().request("DELETE", `${ACTIONS}/passing-by`);
  assert.equal(status, 200);
  assert.equal(((json as Json)["exec"] as Json)["kind"], "sequence");
  assert.equal((await brisk().request("GET", `${ACTIONS}/passing-by`)).status, 404);
});
