// A platform that has no file descriptors left for another container: it says so, goes on, and makes
// containers again when there are some.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { Agent, request as openRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import { test } from "node:test";
import { ACTIONS, type ActivationRecord, invoke, putAction } from "../api/fixture.ts";
import { type Brisk, startBrisk } from "../harness.ts";

/** A request takes one, a container some more. */
const LEFT = 3;
const ENOUGH = 4096;

function limitDescriptors({ child }: Brisk, soft: number): void {
  const args = ["--pid", String(child.pid), `--nofile=${soft}:${ENOUGH}`];
  const { status, stderr } = spawnSync("prlimit", args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

test("without a descriptor left what is sent on open connections runs all the same", async () => {
  const args = ["--driver", "process", "--stem-cells", "0", "--memory", "256"];
  await using brisk = await startBrisk({ args });
  await putAction(brisk, { name: "quick", code: "const main = () => ({});" });
  const { hostname, port } = new URL(brisk.url);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const send = () => invokeBy(agent, { brisk, hostname, port });
  for (let round = 0; round < ROUNDS; round++) {
    const statuses = await Promise.all(Array.from({ length: CLIENTS }, send));
    assert.deepEqual([...new Set(statuses)], [200], brisk.stderr());
    if (round === 0) limitDescriptors(brisk, 1);
  }
  limitDescriptors(brisk, ENOUGH);
  agent.destroy();
});

const CLIENTS = 4;
/** So many that the machine's processors are looked at again. */
const ROUNDS = 50;

async function invokeBy(
  agent: Agent,
  { brisk, hostname, port }: { brisk: Brisk; hostname: string; port: string },
): Promise<number | undefined> {
  const headers = { authorization: `Basic ${Buffer.from(brisk.auth).toString("base64")}` };
  const path = `${ACTIONS}/quick?blocking=true`;
  const request = openRequest({ agent, hostname, port, path, method: "POST", headers });
  request.end();
  const [response] = await once(request, "response");
  await readText(response);
  return response.statusCode;
}

/** The limit below which that many are free. */
function findLimit({ child }: Brisk, freeCount: number): number {
  const taken = new Set(readdirSync(`/proc/${child.pid}/fd`).map(Number));
  let free = 0;
  let limit = 0;
  for (; free < freeCount; limit++) if (!taken.has(limit)) free++;
  return limit;
}

for (const driver of ["process", "sandbox"]) {
  test(`${driver}: without descriptors for a container the platform goes on`, async () => {
    await using brisk = await startBrisk({ args: ["--driver", driver, "--stem-cells", "0"] });
    for (const name of ["first", "second"]) {
      await putAction(brisk, { name, code: "const main = () => ({});" });
    }
    assert.equal((await invoke(brisk, "first")).status, 200);
    limitDescriptors(brisk, findLimit(brisk, LEFT));
    const refused = await invoke(brisk, "second");
    assert.equal(refused.status, 500, refused.text);
    const { response } = refused.json as ActivationRecord;
    assert.match(JSON.stringify(response.result), /Failed to provision resources/);
    assert.equal((await invoke(brisk, "first")).status, 200);
    limitDescriptors(brisk, ENOUGH);
    assert.equal((await invoke(brisk, "second")).status, 200);
    assert.equal(await brisk.stop(), 0, brisk.stderr());
  });
}
