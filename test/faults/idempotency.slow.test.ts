// Requests with keys, and `kill -9`: clients repeat what was not answered, before and after a restart,
// and every key stands for one activation that runs once, whether its record is kept or not.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ACTIVATIONS, type Json, waitFor } from "../api/fixture.ts";
import { basic, createTenant } from "../api/tenants.ts";
import { type Brisk, startBrisk } from "../harness.ts";
import { createRandom, type Random } from "./random.ts";
import { openTestDirectory } from "./test-directory.ts";

const ROUNDS = 8;
const CLIENTS = 6;
const ANSWERS_MAX = 60;
const KILL_AFTER_MS_MAX = 10;
const ARGS = ["--driver", "process"];

/** A namespace of which records are kept or not, and what its clients know. */
interface Clients {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Keys that were sent, with the activation where an answer came. */
  readonly sent: Map<string, string | undefined>;
}

async function createClients(brisk: Brisk, name: string, runsFile: string): Promise<Clients> {
  const { subject, actions, request, limit } = await createTenant(brisk, name);
  const note = `require("node:fs").appendFileSync(${JSON.stringify(runsFile)}, given.key + "\\n")`;
  const code = `exports.main = (given) => { ${note}; return {}; }`;
  const exec = { kind: "nodejs:24", code };
  assert.equal((await request("PUT", `${actions}/noting`, { exec })).status, 200);
  if (name === "unstored") await limit({ storeActivations: false });
  const [own] = subject.namespaces;
  return { name, headers: basic(`${own?.uuid}:${own?.key}`), sent: new Map() };
}

/** Checks that whatever is answered is what was answered before. */
async function send(brisk: Brisk, { name, headers, sent }: Clients, key: string): Promise<void> {
  if (!sent.has(key)) sent.set(key, undefined);
  const path = `/api/v1/namespaces/${name}/actions/noting`;
  const { status, json, text } = await brisk.request("POST", path, {
    body: { key },
    headers: { ...headers, "idempotency-key": key },
  });
  assert.equal(status, 202, text);
  const activationId = String((json as Json)["activationId"]);
  assert.equal(activationId, sent.get(key) ?? activationId, key);
  sent.set(key, activationId);
}

/** Each client sends keys of its own, each twice at a time, until nobody answers. */
async function loadAndKill(brisk: Brisk, all: readonly Clients[], random: Random): Promise<void> {
  let answers = 0;
  let killed = false;
  const killAt = 1 + random.below(ANSWERS_MAX);
  const run = async (clients: Clients): Promise<void> => {
    while (!killed) {
      const key = `${clients.name}-${random.below(1e9)}`;
      const twice = [send(brisk, clients, key), send(brisk, clients, key)];
      const results = await Promise.allSettled(twice);
      const failed = results.find((result) => result.status === "rejected");
      if (failed?.reason instanceof assert.AssertionError) throw failed.reason;
      if (failed !== undefined) return;
      answers++;
    }
  };
  const kill = async () => {
    await waitFor(() => answers >= killAt || undefined);
    await delay(random.below(KILL_AFTER_MS_MAX));
    killed = true;
    await brisk.stop("SIGKILL");
  };
  const clients = Array.from({ length: CLIENTS }, () => all.map(run)).flat();
  await Promise.all([...clients, kill()]);
}

test("killed at any moment, a key stands for one activation, which runs once", async () => {
  const seed = Date.now();
  const random = createRandom(seed);
  await using directory = await openTestDirectory();
  const data = join(directory.data, "platform");
  const runsFile = join(directory.data, "runs");
  await using started = new AsyncDisposableStack();
  const start = async () => started.use(await startBrisk({ data, args: ARGS }));

  let brisk = await start();
  const stored = await createClients(brisk, "stored", runsFile);
  const unstored = await createClients(brisk, "unstored", runsFile);
  for (let round = 0; round < ROUNDS; round++) {
    await loadAndKill(brisk, [stored, unstored], random);
    brisk = await start();
    for (const clients of [stored, unstored]) {
      await Promise.all([...clients.sent.keys()].map((key) => send(brisk, clients, key)));
    }
  }
  const abandoned = await readAbandoned(brisk, stored);
  assert.equal(await brisk.stop(), 0, brisk.stderr());

  const runs = (await readFile(runsFile, "utf8")).trim().split("\n");
  assert.equal(new Set(runs).size, runs.length, `nothing ran twice (seed ${seed})`);
  const ran = new Set(runs);
  for (const [key, activationId] of stored.sent) {
    assert.ok(ran.has(key) || abandoned.has(activationId ?? ""), `${key} ran (seed ${seed})`);
  }
  const silent = [...unstored.sent.keys()].filter((key) => !ran.has(key));
  assert.ok(silent.length <= ROUNDS * CLIENTS * 2, `${silent.length} did not run (seed ${seed})`);
  assert.ok(stored.sent.size > ROUNDS, `${stored.sent.size} keys were sent`);
});

/** Waits for the record of each key; those whose run was cut short may have run or not. */
async function readAbandoned(brisk: Brisk, { headers, sent }: Clients): Promise<Set<string>> {
  const abandoned = new Set<string>();
  for (const activationId of sent.values()) {
    const record = await waitFor(async () => {
      const path = `${ACTIVATIONS}/${activationId}`;
      const { status, json } = await brisk.request("GET", path, { headers });
      return status === 200
        ? (json as { readonly response: { readonly success: boolean } })
        : undefined;
    });
    if (!record.response.success) abandoned.add(String(activationId));
  }
  return abandoned;
}
