// Actions that look and reach around on a whole platform: for its files and secrets, for what else the
// machine serves, for other tenants.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type ActivationRecord, invoke, type Json, putAction, useBrisk } from "../api/fixture.ts";
import { createTenant } from "../api/tenants.ts";
import type { Brisk } from "../harness.ts";

const SECRET = "of the platform's own environment";

const brisk = useBrisk({ args: ["--driver", "sandbox", "--host", "0.0.0.0"], env: { SECRET } });

test("a spy sees nothing of the platform, the machine and other tenants", async () => {
  const { data } = brisk();
  const paths = [
    data,
    join(data, "wskprops"),
    "/etc/shadow",
    "/root",
    "/home",
    import.meta.filename,
  ];
  assert.ok(paths.slice(0, 4).every((path) => existsSync(path)));
  const answer = await runSpy(brisk(), { paths });
  assert.deepEqual(answer["seen"], []);
  // bubblewrap's first process and its own.
  assert.equal(answer["processes"], 2);
  assert.ok(!JSON.stringify(answer["environment"]).includes(SECRET));
  assert.ok(!JSON.stringify(answer["environment"]).includes("__OW_API_KEY"));
});

test("a caller reaches nothing of this machine but the API, and that by its own way", async () => {
  const server = createServer((socket) => socket.end());
  await once(server.listen(0, "0.0.0.0"), "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const apiPort = Number(new URL(brisk().url).port);
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const hosts = ["localhost", "10.0.2.2", "10.0.2.3", ...own.map(({ address }) => address)];
    const targets = hosts.flatMap((host) => [port, apiPort].map((each) => ({ host, port: each })));
    const api = { host: "127.0.0.1", port: 3233 };
    const spied = await runSpy(brisk(), { targets: [...targets, api] });
    assert.deepEqual(spied["reached"], [api]);
    assert.equal((spied["environment"] as Json)["__OW_API_HOST"], "http://127.0.0.1:3233");
  } finally {
    server.close();
  }
});

test("a listener is not reached by another tenant's action", async () => {
  const listener = `const main = () => new Promise((done) => {
    const server = require("node:net").createServer((socket) => done({ caught: true }));
    server.listen(4444, "0.0.0.0", () => setTimeout(done, 1200, { caught: false }));
  });`;
  const other = await createTenant(brisk(), "neighbour");
  await putAction(brisk(), { name: "listener", code: listener });
  const listening = invoke(brisk(), "listener");
  const hosts = ["127.0.0.1", "10.0.2.100", "10.0.2.15"];
  await other.request("PUT", `${other.actions}/spy`, {
    exec: { kind: "nodejs:default", code: SPY },
  });
  const { json } = await other.request("POST", `${other.actions}/spy?blocking=true&result=true`, {
    targets: hosts.map((host) => ({ host, port: 4444 })),
  });
  assert.deepEqual((json as Json)["reached"], []);
  const { response } = (await listening).json as ActivationRecord;
  assert.deepEqual(response.result, { caught: false });
});

/** Tells which of the paths it can see and which of the targets it can reach. */
const SPY = `
const fs = require("node:fs");
const net = require("node:net");
const reach = (target) => new Promise((done) => {
  const socket = net.connect(target, () => { done([target]); socket.destroy(); });
  socket.on("error", () => done([]));
  setTimeout(done, 1000, []).unref();
});
const main = async ({ paths = [], targets = [] }) => ({
  seen: paths.filter((path) => fs.existsSync(path)),
  processes: fs.readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).length,
  environment: process.env,
  reached: (await Promise.all(targets.map(reach))).flat(),
});`;

async function runSpy(brisk: Brisk, body: Json): Promise<Json> {
  await putAction(brisk, { name: "spy", code: SPY });
  const { status, json, text } = await invoke(brisk, "spy", { body });
  assert.equal(status, 200, text);
  return (json as ActivationRecord).response.result as Json;
}
