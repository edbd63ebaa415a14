// Work that was accepted from a subject that was blocked since: what runs goes on, what waits does not run
// (rest-api specification, 9.4).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import { type ActivationRecord, type Json, putAction, useBrisk, waitFor } from "./fixture.ts";
import { basic, createTenant, putSubject, type Tenant } from "./tenants.ts";

/** One container of an action: the others wait. */
const brisk = useBrisk({ args: ["--memory", "256", "--stem-cells", "0"] });

const TEXT = "The action was not invoked due to a blacklisted namespace.";
/** Ends when there is an action of that path, which it sees with a key that nobody blocks. */
const SLOW = `exports.main = async ({ until, authorization }) => {
  const isThere = async () =>
    (await fetch(process.env.__OW_API_HOST + until, { headers: { authorization } })).ok;
  while (until !== undefined && !(await isThere())) {
    await new Promise((next) => setTimeout(next, 20));
  }
  return {};
}`;

async function putSlow({ request, actions }: Tenant): Promise<void> {
  const exec = { kind: "nodejs:24", code: SLOW };
  assert.equal((await request("PUT", `${actions}/slow`, { exec })).status, 200);
  for (let count = 0; count < 10; count++) {
    const warm = await request("POST", `${actions}/slow?blocking=true`, {});
    assert.equal(warm.status, 200, warm.text);
  }
}

interface Running {
  readonly id: unknown;
  end(): Promise<void>;
}

async function startSlow({ request, actions, subject }: Tenant): Promise<Running> {
  const { authorization } = basic(brisk().auth);
  const gate = `after-${subject.subject}`;
  const until = `/api/v1/namespaces/guest/actions/${gate}`;
  const { status, json, text } = await request("POST", `${actions}/slow`, { until, authorization });
  assert.equal(status, 202, text);
  const end = async () => {
    await putAction(brisk(), { name: gate, code: "exports.main = () => ({})" });
  };
  return { id: (json as Json)["activationId"], end };
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
  const running = await startSlow(tenant);
  const waiting = await request("POST", `${actions}/slow`, {});
  assert.equal(waiting.status, 202, waiting.text);
  const waitedFor = await sendWaiting(tenant);
  await waitFor(async () => {
    await putSubject(brisk(), { ...subject, blocked: true });
    const { status } = await request("GET", "/api/v1/namespaces");
    return status === 401 || undefined;
  });
  await running.end();

  const { status, json } = await waitedFor.answer;
  assert.equal(status, 502);
  const { response } = json as ActivationRecord;
  const { success, result } = response;
  assert.equal(response.status, "application error");
  assert.deepEqual({ success, result }, { success: false, result: { error: TEXT } });

  await putSubject(brisk(), subject);
  const recordOf = (id: unknown) => request("GET", `/api/v1/namespaces/_/activations/${id}`);
  await waitFor(async () => {
    const { status } = await recordOf(running.id);
    return status === 200 || undefined;
  });
  const again = await request("POST", `${actions}/slow?blocking=true`, {});
  assert.equal(again.status, 200, again.text);
  assert.equal((await recordOf((waiting.json as Json)["activationId"])).status, 404);
  assert.equal(await countRecords(tenant), before + 2);
});

/** Accepted: what is asked later, over another connection, is answered. */
async function sendWaiting({ request, actions }: Tenant): Promise<{ answer: Promise<Answer> }> {
  const answer = request("POST", `${actions}/slow?blocking=true`, {});
  assert.equal((await request("GET", "/api/v1/namespaces")).status, 200);
  return { answer };
}

async function checkExhausted(tenant: Tenant): Promise<void> {
  const running = await startSlow(tenant);
  const waitedFor = await sendWaiting(tenant);
  await tenant.limit({ invocationsPerMinute: 0 });
  await running.end();
  const { status, json, text } = await waitedFor.answer;
  assert.equal(status, 502, text);
  assert.deepEqual((json as ActivationRecord).response.result, { error: TEXT });
}

test("so does the work of a namespace that may invoke nothing any more", async () => {
  const tenant = await createTenant(brisk(), "exhausted");
  await putSlow(tenant);
  await checkExhausted(tenant);
});

test("so does what was handed ahead to a container and came back from it", async () => {
  const tenant = await createTenant(brisk(), "hurried");
  await putSlow(tenant);
  // Where processors are busy, what is short so far goes ahead, and comes back from behind what is not.
  const busy = Array.from({ length: 2 * availableParallelism() }, () =>
    spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
  );
  try {
    await checkExhausted(tenant);
  } finally {
    for (const child of busy) child.kill("SIGKILL");
    await Promise.all(busy.map((child) => once(child, "exit")));
  }
});
