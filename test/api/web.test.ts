// Web actions: which there are, what they see of a request, what a request may not have, and whose they
// are (web-action specification, 1.1 to 1.5, 1.7).

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIONS,
  checkError,
  type Json,
  putAction,
  readActivation,
  sendRaw,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import { basic, createTenant, EXEC, putSubject, type Tenant } from "./tenants.ts";
import {
  callWeb,
  checkCompactError,
  checkWebError,
  ECHO,
  MISSING,
  putWebAction,
  toKeyValues,
  WEB,
} from "./web-fixture.ts";

const PROTECTED = "Request defines parameters that are not allowed (e.g., reserved properties).";
const RESERVED = ["method", "headers", "path", "user", "query", "body"].map((x) => `__ow_${x}`);

const brisk = useBrisk({
  setUp: async (up) => {
    const parameters = { y: "Y", open: null };
    await putWebAction(up, { name: "echo" });
    await putWebAction(up, { name: "x.json" });
    await putWebAction(up, { name: "a%20b" });
    await putWebAction(up, { name: "final", parameters });
    await putWebAction(up, { name: "open", parameters, annotations: { final: false } });
    await putWebAction(up, { name: "raw", parameters, annotations: { "raw-http": true } });
    await putAction(up, {
      name: "plain",
      code: ECHO,
      annotations: toKeyValues({ "web-export": true }),
      parameters: toKeyValues(parameters),
    });
    const worded = { final: "true", "raw-http": "true" };
    await putWebAction(up, { name: "worded", parameters, annotations: worded });
    const shadowed = { __ow_method: "mine", __ow_extra: 1 };
    await putWebAction(up, { name: "shadowed", parameters: shadowed });
    await putWebAction(up, { name: "texts", annotations: { "web-export": "true" } });
    await putWebAction(up, { name: "ones", annotations: { "web-export": 1 } });
    await putAction(up, { name: "private", code: "exports.main = () => ({})" });
  },
});

function call(line: string, options: Parameters<typeof callWeb>[2] = {}) {
  return callWeb(brisk(), line, options);
}

async function readArguments(line: string, options: Parameters<typeof callWeb>[2] = {}) {
  const answer = await call(line, options);
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

test("an action sees verb, headers and path of a request without a key", async () => {
  const { status, headers, json } = await call("GET echo.json", {
    headers: { "X-Mine": "1", "X-OW-EXTRA-LOGGING": "on" },
  });
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "application/json");
  assert.match(String(headers["x-openwhisk-activation-id"]), /^[0-9a-f]{32}$/);
  const { __ow_headers, ...rest } = json as Json;
  assert.deepEqual(rest, { __ow_method: "get", __ow_path: "" });
  assert.deepEqual(__ow_headers, {
    host: new URL(brisk().url).host,
    "x-mine": "1",
    connection: "keep-alive",
  });
});

test("query parameters are strings, the last of a name counts", async () => {
  const { a, d } = await readArguments("GET echo.json?a=b&a=c&d");
  assert.deepEqual([a, d], ["c", ""]);
});

const PATHS = {
  "echo.json": "",
  "echo.json/": "/",
  "echo.json/x/y%20z/": "/x/y%20z/",
  "echo.json//x": "//x",
  "e%63ho.json/a.html": "/a.html",
  "a%20b.json/x": "/x",
  "x.json.json": "",
};
for (const [path, rest] of Object.entries(PATHS)) {
  test(`${path} is followed by '${rest}'`, async () => {
    assert.equal((await readArguments(`GET ${path}`))["__ow_path"], rest);
  });
}

for (const verb of ["GET", "POST", "PUT", "DELETE", "PATCH"]) {
  test(`${verb} reaches the action, with a body's fields too`, async () => {
    const { __ow_method, n } = await readArguments(`${verb} echo.json`, { body: { n: 1 } });
    assert.deepEqual([__ow_method, n], [verb.toLowerCase(), 1]);
  });
}

const ABSENT = {
  "an unknown namespace": "/api/v1/web/nobody/default/echo",
  "one's own namespace by its sign": "/api/v1/web/_/default/echo",
  "an unknown package": "/api/v1/web/guest/none/echo",
  "a package whose name begins with default": "/api/v1/web/guest/defaults/echo",
  "an unknown action": "nothing",
  "an action that is not exported": "private",
  'an action exported as "true"': "texts",
  "an action exported as 1": "ones",
  "an extension that there is not": "echo.xyz",
  "an extension in capitals": "echo.JSON",
  "a name that ends like an extension": "x.json",
};
for (const [what, path] of Object.entries(ABSENT)) {
  test(`${what} is not there, with a key or without`, async () => {
    for (const headers of [{}, basic(brisk().auth)]) {
      const answer = await call(`GET ${path}`, { headers });
      assert.equal(answer.status, 404);
      checkWebError(answer, MISSING);
      assert.equal(answer.headers["access-control-allow-origin"], undefined);
    }
  });
}

for (const path of [
  "guest/echo",
  "guest",
  "",
  "guest/default/",
  "guest/default/.json",
  "a%24/b/c",
]) {
  test(`web/${path} is no web action's path: 404 with a key, 401 without`, async () => {
    const line = `GET /api/v1/web/${path}`;
    assert.equal((await call(line)).status, 401);
    assert.equal((await call(line, { headers: basic(brisk().auth) })).status, 404);
    assert.equal((await call(line.replace("GET", "OPTIONS"))).status, 200);
  });
}

test("other verbs are refused with those that there are", async () => {
  const allowed = "GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS";
  const trace = await call("TRACE echo");
  assert.deepEqual([trace.status, trace.headers["allow"]], [405, allowed]);
  checkCompactError(trace, /^HTTP method not allowed, supported methods: GET/);
  const other = await call("PROPFIND echo");
  assert.equal(other.status, 501);
  checkCompactError(other, /^Unsupported HTTP method$/);
});

test("a path of more than 8 KB is refused", async () => {
  const answer = await call(`GET echo/${"x".repeat(8200)}`);
  assert.equal(answer.status, 414);
  checkError(answer, /8192 bytes/);
});

for (const key of RESERVED) {
  test(`${key} is the platform's to give`, async () => {
    const inQuery = await call(`GET echo.json?${key}=x`);
    const inBody = await call("POST echo.json", { body: { [key]: "x" } });
    const inForm = await call("POST echo.json", {
      body: `${key}=x`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    for (const answer of [inQuery, inBody, inForm]) {
      assert.equal(answer.status, 400);
      checkWebError(answer, PROTECTED);
      assert.equal(answer.headers["access-control-allow-origin"], "*");
      assert.equal(answer.headers["x-openwhisk-activation-id"], undefined);
    }
  });
}

test("an action's own parameter of a reserved name gives way, also a final one", async () => {
  const { __ow_method, __ow_extra } = await readArguments("GET shadowed.json");
  assert.deepEqual([__ow_method, __ow_extra], ["get", 1]);
});

test("final parameters may not be given, but those that are bound to null", async () => {
  for (const answer of [
    await call("GET final.json?y=1"),
    await call("POST final.json", { body: { y: 1 } }),
  ]) {
    assert.equal(answer.status, 400);
    checkWebError(answer, PROTECTED);
  }
  const { y, open } = await readArguments("GET final.json?open=1");
  assert.deepEqual([y, open], ["Y", "1"]);
});

test("a stranger sets no environment in which others' requests run, also without final", async () => {
  await putAction(brisk(), {
    name: "environment",
    code: "exports.main = () => ({ mode: process.env.MODE })",
    annotations: toKeyValues({ "web-export": true, final: false }),
    parameters: [{ key: "MODE", value: "own", init: true }],
  });
  await putAction(brisk(), { name: "inner", code: ECHO });
  const exec = { kind: "sequence", components: ["/_/environment", "/_/inner"] };
  const annotations = toKeyValues({ "web-export": true });
  await brisk().request("PUT", `${ACTIONS}/environments`, { body: { exec, annotations } });
  // The first of them starts the container.
  for (const sent of [
    await call("GET environments.json?MODE=evil"),
    await call("GET environment.json?MODE=evil"),
    await call("POST environment.json", { body: { MODE: "evil" } }),
  ]) {
    assert.deepEqual(sent.json, { mode: "own" });
  }
  assert.deepEqual((await call("GET environment.json")).json, { mode: "own" });
});

test("without final, what is sent wins, and only true makes an action final or raw", async () => {
  for (const name of ["open", "plain", "worded"]) {
    const { y, __ow_query } = await readArguments(`GET ${name}.json?y=1`);
    assert.deepEqual([y, __ow_query], ["1", undefined], name);
  }
});

test("of a header that is sent several times the last line counts", async () => {
  const { pathname } = new URL(WEB, brisk().url);
  const answer = await sendRaw(
    brisk(),
    `GET ${pathname}/echo.json HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nCookie: a=b\r\nX-A: 2\r\nConnection: close\r\n\r\n`,
  );
  assert.match(answer, /"x-a": "2"/);
  assert.match(answer, /"cookie": "a=b"/);
});

test("what is not exported is not there, also where the namespace may call nothing", async () => {
  const tenant = await createWebTenant("stopped");
  await tenant.request("PUT", `${tenant.actions}/hidden`, { exec: EXEC });
  await tenant.limit({ invocationsPerMinute: 0 });
  const hidden = await call("GET /api/v1/web/stopped/default/hidden");
  assert.equal(hidden.status, 404);
  checkWebError(hidden, MISSING);
  assert.equal((await call("GET /api/v1/web/stopped/default/quick")).status, 429);
});

test("in a raw action nothing collides, as nothing sent becomes a parameter", async () => {
  const { y, __ow_query } = await readArguments("GET raw.json?y=1&__ow_path=x");
  assert.deepEqual([y, __ow_query], ["Y", "y=1&__ow_path=x"]);
});

test("an activation is the namespace's, whoever calls", async () => {
  const { subject } = await createTenant(brisk(), "caller");
  const headers = toKey(subject);
  const answer = await call("GET echo.json", { headers });
  assert.equal((answer.json as Json)["__ow_user"], "caller");
  const record = await readActivation(brisk(), answer.headers["x-openwhisk-activation-id"]);
  assert.deepEqual([record.namespace, record.subject, record.name], ["guest", "guest", "echo"]);
  const keys = record.annotations.map(({ key }) => key).filter((key) => key !== "initTime");
  assert.deepEqual(new Set(keys), new Set(["kind", "limits", "path", "timeout", "waitTime"]));
});

test("a blocked namespace's web actions are not there until it is unblocked", async () => {
  const { subject } = await createWebTenant("blockable");
  const line = "GET /api/v1/web/blockable/default/quick";
  assert.equal((await call(line)).status, 204);
  await putSubject(brisk(), { ...subject, blocked: true });
  await waitForStatus(line, 404);
  await putSubject(brisk(), subject);
  await waitForStatus(line, 204);
});

test("the namespace's rate counts, whoever calls, and refused requests count too", async () => {
  const tenant = await createWebTenant("slowed");
  await tenant.limit({ invocationsPerMinute: 2 });
  const line = "OPTIONS /api/v1/web/slowed/default/quick";
  const refused = await waitForStatus(line, 429);
  checkWebError(refused, /^Too many requests in the last minute \(count: 3, allowed: 2\)\.$/);
  assert.equal(refused.headers["access-control-allow-origin"], undefined);
});

test("no more than so many activations of the namespace are in flight", async () => {
  const tenant = await createWebTenant("narrow");
  await tenant.limit({ concurrentInvocations: 0 });
  const refused = await call("GET /api/v1/web/narrow/default/quick");
  assert.equal(refused.status, 429);
  checkWebError(refused, /^Too many concurrent requests in flight/);
});

test("a request over the namespace's payload is refused before credentials are asked for", async () => {
  const tenant = await createWebTenant("small", [{ key: "require-whisk-auth", value: true }]);
  await tenant.limit({ maxPayloadSize: "1 KB" });
  const line = "POST /api/v1/web/small/default/quick";
  const refused = await call(line, { body: { long: "x".repeat(1024) } });
  assert.equal(refused.status, 413);
  checkWebError(refused, "Request larger than allowed: 1035 > 1024 bytes.");
  assert.equal(refused.headers["access-control-allow-origin"], undefined);
  assert.equal((await call(line, { body: { long: "x" } })).status, 401);
});

function toKey({ namespaces }: Tenant["subject"]) {
  const [own] = namespaces;
  return basic(`${own?.uuid}:${own?.key}`);
}

/** Its `quick` is exported. */
async function createWebTenant(name: string, further: readonly Json[] = []): Promise<Tenant> {
  const tenant = await createTenant(brisk(), name);
  const annotations = [{ key: "web-export", value: true }, ...further];
  const path = `${tenant.actions}/quick?overwrite=true`;
  assert.equal((await tenant.request("PUT", path, { annotations })).status, 200);
  return tenant;
}

function waitForStatus(line: string, status: number) {
  return waitFor(async () => {
    const answer = await call(line);
    return answer.status === status ? answer : undefined;
  });
}
