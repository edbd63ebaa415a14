// Who may call a web action, and what browsers are told of it: `require-whisk-auth`, keys, OPTIONS and
// CORS (web-action specification, 1.3, 1.4, 1.10).

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import { ACTIONS, type Json, useBrisk } from "./fixture.ts";
import { basic, createKey, createTenant } from "./tenants.ts";
import { callWeb, checkWebError, MISSING, putWebAction } from "./web-fixture.ts";

const REFUSED = "Authentication is possible but has failed or not yet been provided.";
const STANDARD = "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent";
const OWN_OPTIONS = `exports.main = ({ __ow_method }) => ({
  statusCode: 200,
  headers: { 'Access-Control-Allow-Methods': 'OPTIONS, GET', method: __ow_method },
})`;

let other: Readonly<Record<string, string>> = {};
const { uuid, key } = createKey("nobody");
const bad = basic(`${uuid}:${key}`);

const brisk = useBrisk({
  setUp: async (up) => {
    const { subject } = await createTenant(up, "stranger");
    const [own] = subject.namespaces;
    other = { ...basic(`${own?.uuid}:${own?.key}`) };
    await putWebAction(up, { name: "open" });
    const requirements = { auth: true, secret: "s3", number: 123456, off: false, null: null };
    const further = { object: {}, list: [], empty: "", large: 9007199254740991, huge: 1e21 };
    for (const [name, value] of Object.entries({ ...requirements, ...further })) {
      await putWebAction(up, { name, annotations: { "require-whisk-auth": value } });
    }
    const options = { "web-custom-options": true };
    await putWebAction(up, { name: "options", code: OWN_OPTIONS, annotations: options });
    const closed = { ...options, "require-whisk-auth": true };
    await putWebAction(up, { name: "closed-options", code: OWN_OPTIONS, annotations: closed });
    const headers = "{ 'access-control-allow-origin': 'https://mine' }";
    const code = `exports.main = () => ({ headers: ${headers} })`;
    await putWebAction(up, { name: "origin", code });
    await putWebAction(up, { name: "text", code, annotations: { "web-custom-options": "true" } });
    await putWebAction(up, { name: "private", annotations: { ...options, "web-export": false } });
  },
});

function call(line: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return callWeb(brisk(), line, { headers });
}

function secret(value: string) {
  return { "x-require-whisk-auth": value };
}

/** The sentence, what is sent, and the status of a call of that action. */
const ROWS: readonly (readonly [string, string, () => Readonly<Record<string, string>>, number])[] =
  [
    ["a key is asked for, and none is sent", "auth", () => ({}), 401],
    ["a key is asked for, and a wrong one is sent", "auth", () => bad, 401],
    ["a key is asked for, and another scheme is sent", "auth", () => bearer(), 401],
    ["a key is asked for, and a secret is sent", "auth", () => secret("true"), 401],
    ["a key is asked for, and anybody's is sent", "auth", () => other, 200],
    ["a key is asked for, and the owner's is sent", "auth", () => basic(brisk().auth), 200],
    ["a secret is asked for, and none is sent", "secret", () => ({}), 401],
    ["a secret is asked for, and a wrong one is sent", "secret", () => secret("s4"), 401],
    ["a secret is asked for, and a longer one is sent", "secret", () => secret("s33"), 401],
    ["a secret is asked for, and it is sent in capitals", "secret", () => secret("S3"), 401],
    ["a secret is asked for, and a key is sent", "secret", () => basic(brisk().auth), 401],
    ["a secret is asked for, and it is sent", "secret", () => secret("s3"), 200],
    ["a number is asked for, and it is sent", "number", () => secret("123456"), 200],
    ["a number is asked for, and another is sent", "number", () => secret("0123456"), 401],
    ["a large number is sent", "large", () => secret("9007199254740991"), 200],
    ["a huge number is sent in plain", "huge", () => secret("1000000000000000000000"), 200],
    ["an empty secret is asked for, and none is sent", "empty", () => ({}), 401],
    ["false asks for nothing", "off", () => ({}), 200],
    ["null is met by nobody", "null", () => ({ ...secret("null"), ...other }), 401],
    ["an object is met by nobody", "object", () => ({ ...secret("{}"), ...other }), 401],
    ["an array is met by nobody", "list", () => ({ ...secret(""), ...other }), 401],
    ["nothing is asked for, and a wrong key is sent", "open", () => bad, 200],
  ];
for (const [sentence, name, headers, status] of ROWS) {
  test(`${sentence}: ${status}`, async () => {
    const answer = await call(`GET ${name}.json`, headers());
    assert.equal(answer.status, status, answer.text);
    if (status === 200) return;
    checkWebError(answer, REFUSED);
    assert.equal(answer.headers["www-authenticate"], undefined);
    assert.equal(answer.headers["access-control-allow-origin"], "*");
    assert.equal(answer.headers["x-openwhisk-activation-id"], undefined);
  });
}

function bearer() {
  return { authorization: "Bearer abc" };
}

test("an action hears of a caller with a valid key, whatever it asks for, and of no other", async () => {
  const user = async (name: string, headers: Readonly<Record<string, string>>) =>
    ((await call(`GET ${name}.json`, headers)).json as Json)["__ow_user"];
  assert.equal(await user("auth", other), "stranger");
  assert.equal(await user("open", other), "stranger");
  assert.equal(await user("secret", { ...secret("s3"), ...other }), "stranger");
  assert.equal(await user("open", bad), undefined);
  assert.equal(await user("open", {}), undefined);
});

test("an action does not get its caller's key, but what else stands in its place", async () => {
  const sent = async (name: string, headers: Readonly<Record<string, string>>) => {
    const { json } = await call(`GET ${name}.json`, headers);
    return ((json as Json)["__ow_headers"] as Json)["authorization"];
  };
  assert.equal(await sent("auth", other), undefined);
  assert.equal(await sent("open", other), undefined);
  assert.equal(await sent("open", basic(brisk().auth)), undefined);
  assert.equal(await sent("open", bad), bad.authorization);
  assert.equal(await sent("open", bearer()), "Bearer abc");
});

test("who may not call hears so before anything is said of what is sent, and REST asks for none of it", async () => {
  const type = { "content-type": "application/json" };
  const malformed = await callWeb(brisk(), "POST auth.json", { body: "{bad", headers: type });
  const reserved = await call("GET auth.json?__ow_path=1");
  for (const answer of [malformed, reserved]) {
    assert.equal(answer.status, 401);
    checkWebError(answer, REFUSED);
  }
  for (const name of ["auth", "secret", "null", "private"]) {
    const path = `${ACTIONS}/${name}?blocking=true&result=true`;
    const { status, json } = await brisk().request("POST", path, { body: { __ow_path: 1 } });
    assert.deepEqual([status, json], [200, { __ow_path: 1 }], name);
  }
});

test("OPTIONS is answered for the action, which does not run, without credentials", async () => {
  for (const name of ["open", "auth", "secret", "null"]) {
    const { status, text, headers } = await call(`OPTIONS ${name}`);
    assert.deepEqual([status, text], [200, ""]);
    checkCors(headers, STANDARD);
    assert.equal(headers["x-openwhisk-activation-id"], undefined);
  }
});

test("browsers may send the headers that they ask for", async () => {
  const asked = { "access-control-request-headers": "x-custom-header" };
  checkCors((await call("OPTIONS open", asked)).headers, "x-custom-header");
  checkCors((await call("GET open.json", asked)).headers, "x-custom-header");
  checkCors((await call("GET open.json")).headers, STANDARD);
});

test("an action with options of its own answers OPTIONS, and its headers stand alone", async () => {
  for (const name of ["options", "closed-options"]) {
    const { status, headers } = await call(`OPTIONS ${name}`);
    assert.equal(status, 200);
    assert.equal(headers["method"], "options");
    assert.equal(headers["access-control-allow-methods"], "OPTIONS, GET");
    assert.equal(headers["access-control-allow-origin"], undefined);
    assert.ok(headers["x-openwhisk-activation-id"]);
  }
});

test("such an action still asks for credentials of other verbs, without words to browsers", async () => {
  const answer = await call("GET closed-options");
  assert.equal(answer.status, 401);
  checkWebError(answer, REFUSED);
  assert.equal(answer.headers["access-control-allow-origin"], undefined);
  assert.equal((await call("GET closed-options", other)).status, 200);
});

test("OPTIONS of what is not there, or not exported, is not found", async () => {
  for (const name of ["nothing", "private"]) {
    const answer = await call(`OPTIONS ${name}`);
    assert.equal(answer.status, 404);
    checkWebError(answer, MISSING);
  }
});

test("an action's own header stands beside the platform's, and only true makes options its own", async () => {
  for (const name of ["origin", "text"]) {
    const { headers } = await fetch(`${brisk().url}/api/v1/web/guest/default/${name}`);
    assert.equal(headers.get("access-control-allow-origin"), "https://mine, *");
  }
});

function checkCors(headers: Answer["headers"], allowed: string): void {
  assert.equal(headers["access-control-allow-origin"], "*");
  const methods = "OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH";
  assert.equal(headers["access-control-allow-methods"], methods);
  assert.equal(headers["access-control-allow-headers"], allowed);
}
