// Work that was accepted from a subject that was blocked since: what runs goes on, what waits does not run
// (rest-api specification, 9.4).

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ActivationRecord, type Json, useBrisk, waitFor } from "./fixture.ts";
import { createTenant, putSubject, type Tenant } from "./tenants.ts";

/** One container of an action: the others wait. */
const brisk = useBrisk({ args: ["--memory", "256", "--stem-cells", "0"] });

const TEXT = "The action was not invoked due to a blacklisted namespace.";
const SLOW = `exports.main = ({ ms }) => new Promise((done) => setTimeout(done, ms, {}))`;
const RUN_MS = 1500;

async function putSlow({ request, actions }: Tenant): Promise<void> {
  const exec = { kind: "nodejs:24", code: SLOW };
  assert.equal((await request("PUT", `${actions}/slow`, { exec })).status, 200);
  const warm = await request("POST", `${actions}/slow?blocking=true`, { ms: 0 });
  assert.equal(warm.status, 200, warm.text);
}

async function countRecords({ request }: Tenant): Promise<number> {
  const { json } = await request("GET", "/api/v1/namespaces/_/activations?count=true");
  return (json as { activations: number }).activations;
}

test("what waits when its subject is blocked ends with an application error, and has no record", async () => {
  const tenant = await createTenant(brisk(), "troublesome");
  const { request, actions, subject } = tenant;
  await putSlow(tenant);
  const before = await countRecords(tenant);
  const running = await request("POST", `${actions}/slow`, { ms: RUN_MS });
  const waiting = await request("POST", `${actions}/slow`, { ms: 0 });
  assert.deepEqual([running.status, waiting.status], [202, 202]);
  const waitedFor = request("POST", `${actions}/slow?blocking=true`, { ms: 0 });
  await waitFor(async () => {
    await putSubject(brisk(), { ...subject, blocked: true });
    const { status } = await request("GET", "/api/v1/namespaces");
    return status === 401 || undefined;
  });

  const { status, json } = await waitedFor;
  assert.equal(status, 502);
  const { response } = json as ActivationRecord;
  const { success, result } = response;
  assert.equal(response.status, "application error");
  assert.deepEqual({ success, result }, { success: false, result: { error: TEXT } });

  await putSubject(brisk(), subject);
  const recordOf = (id: unknown) => request("GET", `/api/v1/namespaces/_/activations/${id}`);
  await waitFor(async () => {
    const { status } = await recordOf((running.json as Json)["activationId"]);
    return status === 200 || undefined;
  });
  const again = await request("POST", `${actions}/slow?blocking=true`, { ms: 0 });
  assert.equal(again.status, 200, again.text);
  assert.equal((await recordOf((waiting.json as Json)["activationId"])).status, 404);
  assert.equal(await countRecords(tenant), before + 2);
});

test("so does the work of a namespace that may invoke nothing any more", async () => {
  const tenant = await createTenant(brisk(), "exhausted");
  const { request, actions, limit } = tenant;
  await putSlow(tenant);
  const running = await request("POST", `${actions}/slow`, { ms: RUN_MS });
  assert.equal(running.status, 202);
  const waitedFor = request("POST", `${actions}/slow?blocking=true`, { ms: 0 });
  await limit({ invocationsPerMinute: 0 });
  const { status, json } = await waitedFor;
  assert.equal(status, 502);
  assert.deepEqual((json as ActivationRecord).response.result, { error: TEXT });
});
