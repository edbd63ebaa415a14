// Web actions in packages, of others too, and web actions that are composed (web-and-composition
// specification, 1.11: W21, W67 to W70).

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import { trySequence } from "./composed.ts";
import { annotationOf, type Json, readActivation, useBrisk, waitFor } from "./fixture.ts";
import {
  bind,
  createOwner,
  guestOf,
  type Owner,
  put,
  putCode,
  putPackage,
  refusal,
  share,
} from "./owners.ts";
import { createTenant } from "./tenants.ts";
import { callWeb, checkWebError, ECHO, MISSING } from "./web-fixture.ts";

const PROTECTED = "Request defines parameters that are not allowed (e.g., reserved properties).";
const EXPORTED = { "web-export": true };
const SHOW = "exports.main = ({ who }) => ({ who, runsAs: process.env.__OW_NAMESPACE })";

let guest: Owner;
let other: Owner;
const brisk = useBrisk({
  setUp: async (up) => {
    guest = guestOf(up);
    other = await createOwner(up, "other");
    for (const [name, publish] of [
      ["tools", true],
      ["closing", true],
      ["hidden", false],
    ] as const) {
      await putPackage(other, name, { publish, parameters: { who: "provider" } });
      await putCode(other, `${name}/show`, { code: SHOW, annotations: EXPORTED });
    }
    await putCode(other, "tools/unexported", { code: SHOW });
    await bind(guest, "bound", { provider: "other/tools" });
  },
});

function call(path: string): Promise<Answer> {
  return callWeb(brisk(), `GET /api/v1/web/${path}`);
}

async function readJson(path: string): Promise<Json> {
  const answer = await call(path);
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

async function checkRefused(path: string, status: number, error: string): Promise<void> {
  const answer = await call(path);
  assert.equal(answer.status, status, answer.text);
  checkWebError(answer, error);
  assert.equal(answer.headers["x-openwhisk-activation-id"], undefined);
}

test("a web action inherits from its package, and from the binding through which it is called", async () => {
  const parameters = (value: string, ...keys: string[]) => ({
    parameters: Object.fromEntries(keys.map((key) => [key, value])),
  });
  await putPackage(guest, "p", parameters("package", "w", "x", "z"));
  await bind(guest, "b", { provider: "_/p", ...parameters("binding", "w", "z") });
  const action = { code: ECHO, annotations: EXPORTED, ...parameters("action", "y", "z") };
  await putCode(guest, "p/a", action);
  const read = async (path: string) => {
    const { w, x, y, z } = await readJson(path);
    return { w, x, y, z };
  };
  const own = { x: "package", y: "action", z: "action" };
  assert.deepEqual(await read("guest/b/a.json"), { ...own, w: "binding" });
  assert.deepEqual(await read("guest/p/a.json"), { ...own, w: "package" });
  const sent = { w: "1", x: "2", y: "3", z: "4" };
  assert.deepEqual(await read(`guest/b/a.json?${new URLSearchParams(sent)}`), sent);
});

test("final protects what is inherited too, as far as it is inherited on the way that is taken", async () => {
  await putPackage(guest, "guarded", { parameters: { x: "package", open: null } });
  const parameters = { v: "binding", open: "binding" };
  await bind(guest, "guarding", { provider: "_/guarded", parameters });
  const annotations = { ...EXPORTED, final: true };
  await putCode(guest, "guarded/a", { code: ECHO, annotations, parameters: { y: "action" } });
  for (const key of ["x", "y"]) {
    await checkRefused(`guest/guarded/a.json?${key}=1`, 400, PROTECTED);
  }
  for (const key of ["v", "x", "y", "open"]) {
    await checkRefused(`guest/guarding/a.json?${key}=1`, 400, PROTECTED);
  }
  const { v, open } = await readJson("guest/guarded/a.json?v=1&open=1");
  assert.deepEqual([v, open], ["1", "1"]);
});

test("through a binding another's web action runs as the binding's owner", async () => {
  const answer = await call("guest/bound/show.json");
  assert.deepEqual(answer.json, { who: "provider", runsAs: "guest" });
  const record = await readActivation(brisk(), answer.headers["x-openwhisk-activation-id"]);
  assert.deepEqual([record.namespace, record.subject], ["guest", "guest"]);
  assert.equal(annotationOf(record, "binding"), "guest/bound");
  assert.equal(annotationOf(record, "path"), "other/tools/show");
});

test("whoever calls a package's web action need not have the package: it is its owner's", async () => {
  for (const name of ["tools", "hidden"]) {
    const shown = await readJson(`other/${name}/show.json`);
    assert.deepEqual(shown, { who: "provider", runsAs: "other" });
  }
});

test("what a package or a binding says of exports and credentials is not heard", async () => {
  const silent = { "web-export": false, "require-whisk-auth": true };
  await bind(guest, "silent", { provider: "other/tools", annotations: silent });
  assert.equal((await readJson("guest/silent/show.json"))["runsAs"], "guest");
  await bind(guest, "loud", { provider: "other/tools", annotations: EXPORTED });
  await checkRefused("guest/loud/unexported", 404, MISSING);
});

for (const [what, path] of [
  ["a package", "guest/nowhere/show"],
  ["an action in a package", "other/tools/missing"],
  ["an action through a binding", "guest/bound/missing"],
  ["a package, whose name an action has,", "other/quick/show"],
] as const) {
  test(`${what} that is missing is as good as nothing`, () => checkRefused(path, 404, MISSING));
}

test("a binding to what is not there any more leads nowhere", async () => {
  await putPackage(guest, "passing");
  await bind(guest, "stranded", { provider: "_/passing" });
  await guest.request("DELETE", "/api/v1/namespaces/_/packages/passing");
  await checkRefused("guest/stranded/show", 404, MISSING);
});

test("a binding is closed while its provider's package is not shared", async () => {
  await bind(guest, "closed", { provider: "other/closing" });
  await readJson("guest/closed/show.json");
  await share(other, "closing", false);
  await checkRefused("guest/closed/show.json", 403, refusal("guest/closed"));
  const { headers } = await call("guest/closed/show.json");
  assert.equal(headers["access-control-allow-origin"], undefined);
  assert.equal((await readJson("other/closing/show.json"))["runsAs"], "other");
  await share(other, "closing", true);
  assert.equal((await readJson("guest/closed/show.json"))["runsAs"], "guest");
});

test("what is closed counts in the rate, and is not said to who is beyond it", async () => {
  const tenant = await createTenant(brisk(), "insistent");
  const binding = { namespace: "other", name: "passing" };
  await putPackage(other, "passing", { publish: true });
  await tenant.request("PUT", "/api/v1/namespaces/_/packages/bound", { binding });
  await share(other, "passing", false);
  await tenant.limit({ invocationsPerMinute: 2 });
  const refused = await waitFor(async () => {
    const answer = await call("insistent/bound/show.json");
    if (answer.status === 403) checkWebError(answer, refusal("insistent/bound"));
    return answer.status === 403 ? undefined : answer;
  });
  assert.equal(refused.status, 429);
  checkWebError(refused, "Too many requests in the last minute (count: 3, allowed: 2).");
});

const FAILURES: readonly (readonly [path: string, status: number, body: string | RegExp])[] = [
  ["refusing", 401, "no"],
  ["failing.http", 400, /Response is not valid 'message\/http'\./],
  ["failing.json", 400, /Response is not valid 'application\/json'\./],
  ["failing.text", 200, "bad"],
  ["throwing.json", 400, /There was an error processing your request\./],
];

test("a sequence is answered with its last result, and what a component fails with as an action's", async () => {
  const annotations = [{ key: "web-export", value: true }];
  for (const [name, code] of Object.entries({
    twice: "exports.main = ({ n, __ow_method }) => ({ n: 2 * n, method: __ow_method })",
    page: "exports.main = ({ n, method }) => ({ body: `${method} ${n}`, statusCode: 201 })",
    "fails-well": "exports.main = () => ({ error: { statusCode: 401, body: 'no' } })",
    "fails-badly": "exports.main = () => ({ error: 'bad' })",
    throws: "exports.main = () => { throw new Error('secret') }",
  })) {
    await putCode(guest, name, { code });
  }
  for (const [name, components] of Object.entries({
    pages: ["twice", "page"],
    refusing: ["fails-well", "page"],
    failing: ["twice", "fails-badly"],
    throwing: ["throws", "page"],
  })) {
    assert.equal((await trySequence(brisk(), name, { components, annotations })).status, 200);
  }
  const answer = await call("guest/default/pages?n=21");
  assert.deepEqual([answer.status, answer.text], [201, "get 42"]);
  const whole = await readJson("guest/default/pages.json?n=1");
  assert.deepEqual(whole, { body: "get 2", statusCode: 201 });
  const record = await readActivation(brisk(), answer.headers["x-openwhisk-activation-id"]);
  assert.deepEqual([record.name, record.logs.length], ["pages", 2]);
  for (const [path, status, body] of FAILURES) {
    const failed = await call(`guest/default/${path}`);
    assert.equal(failed.status, status, path);
    assert.match(String(failed.headers["x-openwhisk-activation-id"]), /^[0-9a-f]{32}$/);
    if (typeof body === "string") assert.equal(failed.text, body);
    else checkWebError(failed, body);
  }
});

test("who calls a web action that is a sequence need not have what it is made of", async () => {
  await putCode(other, "hidden/run", { code: ECHO });
  const exec = { kind: "sequence", components: ["/_/tools/show", "/_/hidden/run"] };
  const annotations = [{ key: "web-export", value: true }];
  await put(other, "actions/tools/half-open", { exec, annotations });
  const shown = await readJson("guest/bound/half-open.json");
  assert.deepEqual([shown["who"], shown["runsAs"]], ["provider", "guest"]);
  const rest = await guest.request("POST", "/api/v1/namespaces/_/actions/bound/half-open");
  assert.equal(rest.status, 403, "but whoever invokes it");
  assert.equal((rest.json as Json)["error"], refusal("other/hidden"));
});

test("a sequence's generated parameter is protected where it is final, and seen by no component", async () => {
  await putPackage(guest, "chains", { parameters: { x: "package" } });
  await putCode(guest, "all", { code: ECHO });
  await put(guest, "actions/chains/final", {
    exec: { kind: "sequence", components: ["/_/all"] },
    annotations: [
      { key: "web-export", value: true },
      { key: "final", value: true },
    ],
  });
  for (const key of ["_actions", "x"]) {
    await checkRefused(`guest/chains/final.json?${key}=1`, 400, PROTECTED);
  }
  const { n, x, _actions } = await readJson("guest/chains/final.json?n=1");
  assert.deepEqual([n, x, _actions], ["1", undefined, undefined]);
});

test("what another's conductor names shortly is found in the namespace whose web action it is", async () => {
  const code = `exports.main = ({ from, n }) => from === undefined
    ? { action: "step", params: { n } } : { params: { from } }`;
  await putCode(other, "tools/conduct", { code, annotations: { ...EXPORTED, conductor: true } });
  for (const owner of [guest, other]) {
    const step = `exports.main = () => ({ from: '${owner.namespace}' })`;
    await putCode(owner, "step", { code: step });
  }
  assert.deepEqual(await readJson("guest/bound/conduct.json?n=1"), { from: "guest" });
  assert.deepEqual(await readJson("other/tools/conduct.json?n=1"), { from: "other" });
});
