// Firings that are refused, in the order of the checks, and what limits say to them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ActivationRecord,
  checkError,
  type Json,
  OWN,
  putAction,
  type Row,
  testRows,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import { createTenant } from "./tenants.ts";

const TRIGGERS = `${OWN}/triggers`;

const brisk = useBrisk({
  setUp: async (up) => {
    await putAction(up, { name: "echo", code: "const main = (all) => all" });
    const { status } = await up.request("PUT", `${TRIGGERS}/idle`, { body: {} });
    assert.equal(status, 200);
  },
});

test("rules count as invocations: beyond their rate they fail, the firing does not", async () => {
  const tenant = await createTenant(brisk(), "t14-tenant");
  const links = { trigger: "/_/t", action: "/_/quick" };
  assert.equal((await tenant.request("PUT", `${OWN}/triggers/t`, {})).status, 200);
  assert.equal((await tenant.request("PUT", `${OWN}/triggers/idle`, {})).status, 200);
  assert.equal((await tenant.request("PUT", `${OWN}/rules/r`, links)).status, 200);
  await tenant.limit({ invocationsPerMinute: 0, firesPerMinute: 1_000_000 });
  const { status, json } = await tenant.request("POST", `${OWN}/triggers/t`);
  assert.equal(status, 202);
  const path = `${OWN}/activations/${(json as Json)["activationId"]}`;
  const { logs } = (await tenant.request("GET", path)).json as ActivationRecord;
  const log = JSON.parse(logs[0] ?? "") as Json;
  assert.equal(log["statusCode"], 1);
  assert.match(
    String(log["error"]),
    /^Too many requests in the last minute \(count: 1, allowed: 0\)/,
  );
});

test("fires have a rate of their own, which those without a rule count in too", async () => {
  const tenant = await createTenant(brisk(), "t15-tenant");
  assert.equal((await tenant.request("PUT", `${OWN}/triggers/t`, {})).status, 200);
  await tenant.limit({ firesPerMinute: 2, invocationsPerMinute: 1_000_000 });
  // The clock's minute may end in between: then it begins again with none.
  const refused = await waitFor(async () => {
    const answer = await tenant.request("POST", `${OWN}/triggers/t`);
    return answer.status === 204 ? undefined : answer;
  });
  assert.equal(refused.status, 429);
  checkError(refused, "Too many requests in the last minute (count: 3, allowed: 2).");
  // Before anything is looked at.
  const missing = await tenant.request("POST", `${OWN}/triggers/none`);
  assert.equal(missing.status, 429);
  const invoked = await tenant.request("POST", `${tenant.actions}/quick`);
  assert.equal(invoked.status, 202);
  const listed = await tenant.request("GET", `${OWN}/activations?name=t&count=true`);
  assert.deepEqual(listed.json, { activations: 0 });
});

test("what a namespace does not want stored is not, and fires all the same", async () => {
  const tenant = await createTenant(brisk(), "unstored");
  assert.equal((await tenant.request("PUT", `${OWN}/triggers/t`, {})).status, 200);
  const links = { trigger: "/_/t", action: "/_/quick" };
  assert.equal((await tenant.request("PUT", `${OWN}/rules/r`, links)).status, 200);
  await tenant.limit({ storeActivations: false });
  const { status, json } = await tenant.request("POST", `${OWN}/triggers/t`);
  assert.equal(status, 202);
  const path = `${OWN}/activations/${(json as Json)["activationId"]}`;
  assert.equal((await tenant.request("GET", path)).status, 404);
});

const ROWS: readonly Row[] = [
  {
    name: "a trigger that is not there does not fire",
    method: "POST",
    path: `${TRIGGERS}/none`,
    status: 404,
    error: "The requested resource does not exist.",
  },
  {
    name: "an action is no trigger to fire",
    method: "POST",
    path: `${TRIGGERS}/echo`,
    status: 409,
    error: "Resource by this name exists but is not in this collection.",
  },
  {
    name: "another namespace's trigger does not fire",
    method: "POST",
    path: "/api/v1/namespaces/other/triggers/t",
    status: 403,
    error: "The supplied authentication is not authorized to access 'other/t'.",
  },
  {
    name: "an event that is an array is refused",
    method: "POST",
    path: `${TRIGGERS}/idle`,
    body: [1],
    status: 400,
    error: "The request content was malformed:\nthe body is an array, must be an object",
  },
  {
    name: "an event that is no JSON by its type is refused, before the trigger is looked up",
    method: "POST",
    path: `${TRIGGERS}/none`,
    body: "text",
    headers: { "content-type": "text/plain" },
    status: 415,
    error: /^The request's Content-Type is not supported/,
  },
  {
    name: "an event that is no JSON is refused, before the trigger is looked up",
    method: "POST",
    path: `${TRIGGERS}/none`,
    body: "{",
    headers: { "content-type": "application/json" },
    status: 400,
    error: /^The request content was malformed:\n/,
  },
  {
    name: "an event that is too large is refused",
    method: "POST",
    path: `${TRIGGERS}/none`,
    body: { a: "x".repeat(1_100_000) },
    status: 413,
    error: /^Request larger than allowed: \d+ > 1048576 bytes\.$/,
  },
  {
    name: "an illegal name is refused",
    method: "POST",
    path: `${TRIGGERS}/${encodeURIComponent("a?b")}`,
    status: 400,
    error: /illegal characters/,
  },
];

testRows(brisk, ROWS);
