// Dead letters where something stands in their way: rates, what is in flight, and themselves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ActivationRecord, type Json, OWN, useBrisk, waitFor } from "./fixture.ts";
import { createTenant, type Tenant } from "./tenants.ts";

const brisk = useBrisk();

/** Its action `hopeless` always fails, and each time fires what its rule gives to `handler`. */
async function createUnlucky(name: string, handler: string): Promise<Tenant> {
  const tenant = await createTenant(brisk(), name);
  const put = async (path: string, body: Json) => {
    const { status, text } = await tenant.request("PUT", `${OWN}/${path}?overwrite=true`, body);
    assert.equal(status, 200, text);
  };
  const toExec = (code: string) => ({ kind: "nodejs:24", code });
  await put("triggers/unsent", {});
  await put("actions/note", { exec: toExec("exports.main = ({ attempts }) => ({ attempts })") });
  const slow = "exports.main = () => new Promise((done) => setTimeout(done, 1500, {}))";
  await put("actions/slow", { exec: toExec(slow) });
  await put("actions/hopeless", {
    exec: toExec("exports.main = () => ({ error: 'never' })"),
    annotations: [{ key: "dead-letter", value: "unsent" }],
  });
  await put("rules/tell", { trigger: "/_/unsent", action: `/_/${handler}` });
  return tenant;
}

async function readRecords(tenant: Tenant, name: string): Promise<readonly ActivationRecord[]> {
  const { json } = await tenant.request("GET", `${OWN}/activations?name=${name}&docs=true`);
  return json as readonly ActivationRecord[];
}

async function waitForRecords(tenant: Tenant, name: string, count: number): Promise<void> {
  await waitFor(async () => (await readRecords(tenant, name)).length >= count || undefined);
}

async function fail(tenant: Tenant, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const { status, text } = await tenant.request("POST", `${OWN}/actions/hopeless`);
    assert.equal(status, 202, text);
  }
}

test("a dead letter is delivered though the namespace has used up its rate", async () => {
  const tenant = await createUnlucky("metered", "note");
  await tenant.limit({ invocationsPerMinute: 3 });
  await fail(tenant, 3);
  await waitForRecords(tenant, "note", 3);
});

test("letters for which there is no room in flight wait, and none is lost", async () => {
  const tenant = await createUnlucky("patient", "slow");
  await tenant.limit({ concurrentInvocations: 1 });
  // Each is admitted when the one before has failed, or what that started has ended.
  for (let sent = 0; sent < 4; sent++) {
    await waitFor(async () => {
      const { status } = await tenant.request("POST", `${OWN}/actions/hopeless`);
      return status === 202 || undefined;
    });
  }
  await waitForRecords(tenant, "slow", 4);
  const told = (await readRecords(tenant, "unsent")).flatMap(({ logs }) => logs);
  assert.deepEqual(
    told.filter((line) => !line.includes('"success":true')),
    [],
  );
});

test("what a dead letter starts sends none: an action that hears of its own failures ends", async () => {
  const tenant = await createUnlucky("circular", "hopeless");
  const again = { trigger: "/_/unsent", action: "/_/hopeless" };
  assert.equal((await tenant.request("PUT", `${OWN}/rules/again`, again)).status, 200);
  await fail(tenant, 1);
  await waitForRecords(tenant, "hopeless", 3);
  // Another's letter comes to its end meanwhile.
  const other = await createUnlucky("beside", "note");
  await fail(other, 1);
  await waitForRecords(other, "note", 1);
  assert.equal((await readRecords(tenant, "hopeless")).length, 3);
  assert.equal((await readRecords(tenant, "unsent")).length, 1);
});
