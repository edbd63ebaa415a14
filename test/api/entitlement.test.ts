// Who may what: keys, other namespaces, blocked subjects; subjects changed from outside while the
// platform runs (rest-api specification, 1.6, 9.1, 9.4). How often and how much: limits.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkError, type Json, testRows, useBrisk, waitFor } from "./fixture.ts";
import { basic, createKey, createTenant, deleteSubject, EXEC, putSubject } from "./tenants.ts";

const MISSING = "The resource requires authentication, which was not supplied with the request";
const INVALID = "The supplied authentication is invalid";
const { uuid: UUID, key: KEY } = createKey("nobody");

const brisk = useBrisk();

testRows(brisk, [
  {
    name: "without credentials the answer says that they are missing",
    method: "GET",
    path: "/api/v1/namespaces",
    headers: { authorization: undefined },
    status: 401,
    error: MISSING,
  },
  ...[
    ["another scheme", "Bearer abc"],
    ["no scheme", "abc"],
  ].map(([what, authorization]) => ({
    name: `${what} is as good as none`,
    method: "GET",
    path: "/api/v1/namespaces",
    headers: { authorization },
    status: 401,
    error: MISSING,
  })),
  ...[
    ["an unknown pair", `${UUID}:${KEY}`],
    ["a pair without a colon", `${UUID}${KEY}`],
    ["a malformed uuid", `nobody:${KEY}`],
    ["a key that is too short", `${UUID}:short`],
    ["an empty pair", ":"],
  ].map(([what = "", pair = ""]) => ({
    name: `${what} is invalid`,
    method: "GET",
    path: "/api/v1/namespaces",
    headers: basic(pair),
    status: 401,
    error: INVALID,
  })),
  ...["GET", "PUT", "POST", "DELETE"].map((method) => ({
    name: `${method} of another namespace's action is refused, whether it exists or not`,
    method,
    path: "/api/v1/namespaces/somebody/actions/any",
    ...(method === "PUT" ? { body: { exec: EXEC } } : {}),
    status: 403,
    error: "The supplied authentication is not authorized to access 'somebody/any'.",
  })),
  ...["actions", "activations", "limits"].map((collection) => ({
    name: `another namespace's ${collection} are not shown`,
    method: "GET",
    path: `/api/v1/namespaces/somebody/${collection}`,
    status: 403,
    error: /^The supplied authentication is not authorized to access 'somebody/,
  })),
  {
    name: "an action in another namespace's package is refused by the package's name",
    method: "GET",
    path: "/api/v1/namespaces/somebody/actions/package/any",
    status: 403,
    error: "The supplied authentication is not authorized to access 'somebody/package'.",
  },
  {
    name: "no namespace has a slash",
    method: "GET",
    path: "/api/v1/namespaces/guest%2Factions/actions/any",
    status: 400,
    error: "The namespace contains illegal characters.",
  },
  {
    name: "an illegal name is refused before whose it would be is looked at",
    method: "GET",
    path: "/api/v1/namespaces/somebody/actions/a$b",
    status: 400,
    error: /^The name 'a\$b' contains illegal characters/,
  },
  {
    name: "limits have no parts",
    method: "GET",
    path: "/api/v1/namespaces/_/limits/memory",
    status: 400,
    error: /^Limits have no part 'memory'/,
  },
]);

test("a 401 asks for the credentials in a header", async () => {
  const { headers } = await brisk().request("GET", "/api/v1/namespaces", {
    headers: { authorization: undefined },
  });
  assert.equal(headers["www-authenticate"], 'Basic realm="OpenWhisk secure realm"');
});

test("the scheme may be written in any case", async () => {
  for (const scheme of ["basic", "BASIC"]) {
    const authorization = basic(brisk().auth).authorization.replace("Basic", scheme);
    const { status } = await brisk().request("GET", "/api/v1/namespaces", {
      headers: { authorization },
    });
    assert.equal(status, 200);
  }
});

test("the guest's key with its last character changed is invalid, before and after it was used", async () => {
  const last = brisk().auth.at(-1) === "a" ? "b" : "a";
  const headers = basic(brisk().auth.slice(0, -1) + last);
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await brisk().request("GET", "/api/v1/namespaces", { headers });
    assert.equal(answer.status, 401);
    checkError(answer, INVALID);
    await brisk().request("GET", "/api/v1/namespaces");
  }
});

test("a new subject can work at once, in its namespace alone", async () => {
  const { request, actions } = await createTenant(brisk(), "newcomer");
  const { json } = await request("GET", "/api/v1/namespaces");
  assert.deepEqual(json, ["newcomer"]);
  const invoked = await request("POST", `${actions}/quick?blocking=true`);
  assert.equal(invoked.status, 200);
  assert.partialDeepStrictEqual(invoked.json as Json, {
    namespace: "newcomer",
    subject: "newcomer",
  });
  const { activationId } = invoked.json as Json;
  const others = `/api/v1/namespaces/_/activations/${activationId}`;
  assert.equal((await brisk().request("GET", others)).status, 404, "the guest has no such one");
  assert.equal((await request("GET", others)).status, 200);
  assert.equal((await request("GET", "/api/v1/namespaces/guest/actions")).status, 403);
  assert.deepEqual((await brisk().request("GET", "/api/v1/namespaces/_/actions")).json, []);
});

test("a blocked subject is locked out within a second, and let in again when unblocked", async () => {
  const { request, subject } = await createTenant(brisk(), "blocked");
  const status = async () => (await request("GET", "/api/v1/namespaces")).status;
  await putSubject(brisk(), { ...subject, blocked: true });
  await waitFor(async () => ((await status()) === 401 ? true : undefined));
  checkError(await request("GET", "/api/v1/namespaces"), INVALID);
  await putSubject(brisk(), subject);
  await waitFor(async () => ((await status()) === 200 ? true : undefined));
});

test("a rotated key works at once, and the old one no more within a second", async () => {
  const { request, subject } = await createTenant(brisk(), "rotated");
  const [own] = subject.namespaces;
  assert.ok(own);
  const { key } = createKey(own.name);
  await putSubject(brisk(), { ...subject, namespaces: [{ ...own, key }] });
  const headers = basic(`${own.uuid}:${key}`);
  assert.equal((await brisk().request("GET", "/api/v1/namespaces", { headers })).status, 200);
  await waitFor(async () => {
    const { status } = await request("GET", "/api/v1/namespaces");
    return status === 401 ? true : undefined;
  });
});

test("a deleted subject is locked out", async () => {
  const { request } = await createTenant(brisk(), "deleted");
  await deleteSubject(brisk(), "deleted");
  await waitFor(async () => {
    const { status } = await request("GET", "/api/v1/namespaces");
    return status === 401 ? true : undefined;
  });
});

test("a subject with two namespaces has a key for each", async () => {
  const { subject, request } = await createTenant(brisk(), "first-of-two");
  const second = createKey("second-of-two");
  await putSubject(brisk(), { ...subject, namespaces: [...subject.namespaces, second] });
  const headers = basic(`${second.uuid}:${second.key}`);
  const { json } = await brisk().request("GET", "/api/v1/namespaces", { headers });
  assert.deepEqual(json, ["second-of-two"]);
  assert.deepEqual((await request("GET", "/api/v1/namespaces")).json, ["first-of-two"]);
});

test("no key ever stands in the platform's log", () => {
  const key = brisk().auth.split(":")[1] ?? "";
  assert.equal(key.length, 64);
  assert.ok(!brisk().stderr().includes(key));
});
