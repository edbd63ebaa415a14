// One tenant's work that waits, as much of it as is taken: another's is taken beside it, also after a
// restart, and does not fail for want of room.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkError, invoke, OWN, putAction, waitFor } from "../api/fixture.ts";
import { createTenant, EXEC, type Tenant } from "../api/tenants.ts";
import { type Answer, type Brisk, startBrisk } from "../harness.ts";

const BUS_BYTES = 32 * 1024 * 1024;
const LARGE_MB = 2048;
/** Of what never ends, two run, and beside them is memory for others'. */
const BEGUN_MAX = 2;
const MEMORY_MB = BEGUN_MAX * LARGE_MB + 1024;
const args = [
  ...["--bus-bytes", `${BUS_BYTES}`, "--stop-wait", "0"],
  ...["--memory", `${MEMORY_MB}`, "--action-memory-max", `${LARGE_MB}`],
];
const LARGE = { text: "x".repeat(1_000_000) };
const FULL =
  /^Too many activations are waiting: the namespace's \d+, \d+ MB in all, take its share of the platform's room; try again when some have ended$/;

/** @returns how many were taken, and the answer to the one that was not */
async function fill(request: () => Promise<Answer>): Promise<[number, Answer]> {
  for (let count = 0; ; count++) {
    const answer = await request();
    if (answer.status !== 202) return [count, answer];
  }
}

async function expectServed({ request, actions }: Tenant): Promise<void> {
  const blocking = await request("POST", `${actions}/quick?blocking=true`, LARGE);
  assert.equal(blocking.status, 200, blocking.text);
  const accepted = await request("POST", `${actions}/quick`, LARGE);
  assert.equal(accepted.status, 202, accepted.text);
  const composed = await request("POST", `${actions}/twice?blocking=true`, LARGE);
  assert.equal(composed.status, 200, composed.text);
}

async function putTwice(tenant: Tenant): Promise<void> {
  const name = tenant.subject.subject;
  const pass = { kind: "nodejs:24", code: "exports.main = (given) => given" };
  const components = [`/${name}/pass`, `/${name}/pass`];
  const actions = { pass, twice: { kind: "sequence", components }, quick: EXEC };
  for (const [action, exec] of Object.entries(actions)) {
    const path = `${tenant.actions}/${action}?overwrite=true`;
    assert.equal((await tenant.request("PUT", path, { exec })).status, 200);
  }
}

async function withData(run: (data: string) => Promise<void>): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), "brisk-test-"));
  try {
    await run(data);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

function putEndless(brisk: Brisk): Promise<unknown> {
  const code = "exports.main = () => new Promise(() => {})";
  return putAction(brisk, { name: "endless", code, limits: { memory: LARGE_MB } });
}

async function fillWithLarge(brisk: Brisk): Promise<number> {
  const send = () => invoke(brisk, "endless", { query: "", body: LARGE });
  const [count, refused] = await fill(send);
  assert.equal(refused.status, 429);
  checkError(refused, FULL);
  // A blocking one takes room too.
  checkError(await invoke(brisk, "endless", { body: LARGE }), FULL);
  return count;
}

test("large invocations of one tenant that wait leave room for another's", () =>
  withData(async (data) => {
    let tenant: Tenant;
    {
      await using brisk = await startBrisk({ args, data });
      tenant = await createTenant(brisk, "neighbour");
      await putTwice(tenant);
      await putEndless(brisk);
      const count = await fillWithLarge(brisk);
      assert.ok(count >= 8 && count <= 16, `${count} were taken`);
      await expectServed(tenant);
      await brisk.stop("SIGKILL");
    }
    await using brisk = await startBrisk({ args, data });
    const { namespaces } = tenant.subject;
    const [own] = namespaces;
    assert.ok(own);
    const authorization = `Basic ${Buffer.from(`${own.uuid}:${own.key}`).toString("base64")}`;
    const request: Tenant["request"] = (method, path, body) =>
      brisk.request(method, path, { headers: { authorization }, body });
    // But for those that had begun, which are recorded as abandoned.
    const count = await fillWithLarge(brisk);
    assert.ok(count <= BEGUN_MAX, `${count} were taken`);
    await expectServed({ ...tenant, request });
  }));

test("large parts of one tenant's sequences leave room for another's work", async () => {
  await using brisk = await startBrisk({ args });
  const tenant = await createTenant(brisk, "neighbour");
  await putTwice(tenant);
  const grow = 'exports.main = () => ({ text: "x".repeat(1e6) })';
  await putAction(brisk, { name: "grow", code: grow });
  await putEndless(brisk);
  const exec = { kind: "sequence", components: ["/_/grow", "/_/endless"] };
  assert.equal(
    (await brisk.request("PUT", `${OWN}/actions/growing`, { body: { exec } })).status,
    200,
  );
  for (let count = 0; count < 200; count++) {
    const { status, text } = await invoke(brisk, "growing", { query: "" });
    assert.equal(status, 202, text);
  }
  // Some fail, as their parts find no room; then there is none that one tenant could take.
  const isFull = async () => {
    const { json } = await brisk.request("GET", `${OWN}/activations?name=growing&count=true`);
    return (json as { activations: number }).activations > 100 || undefined;
  };
  await waitFor(isFull);
  await expectServed(tenant);
});
