import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { hasGate, toGatedCommand } from "./network-gate.ts";

/** A user and a network namespace of one's own, as a sandbox has them. */
const OWN = ["--user", "--map-root-user", "--net"];
const MODULE = new URL("network-gate.ts", import.meta.url).href;

/** Closes the gate of a sandbox's network, and then says `open`. */
async function close(denied: readonly string[]): Promise<string> {
  const sandbox = spawn("unshare", [...OWN, "/bin/sh", "-c", "echo made; read -r line"]);
  try {
    await once(sandbox.stdout, "data");
    const gate = { program: "/usr/bin/perl", processId: sandbox.pid ?? 0, device: "tap0", denied };
    const [program, ...rest] = toGatedCommand(gate, ["/bin/echo", "open"]);
    return (await promisify(execFile)(program, rest)).stdout;
  } finally {
    sandbox.stdin.end();
    await once(sandbox, "close");
  }
}

test("opens when it is closed to what is denied", async () => {
  assert.equal(await close(["169.254.0.0/16", "10.1.2.3/32"]), "open\n");
});

test("stays shut where it cannot be closed to one of them", async () => {
  await assert.rejects(close(["169.254.0.0/16", "10.1.2.3/8"]), {
    code: 1,
    stdout: "",
    stderr: "route 10.1.2.3/8: Invalid argument\n",
  });
});

/** Its own namespaces stand for the machine's, so that nothing happens to these should it go wrong. */
const FOR_ITSELF = `
const { toGatedCommand } = await import(process.argv[1]);
const { execFileSync } = await import("node:child_process");
const gate = { program: "/usr/bin/perl", processId: process.pid, device: "tap0", denied: [] };
const [program, ...rest] = toGatedCommand(gate, ["/bin/echo", "open"]);
execFileSync(program, rest, { stdio: "inherit" });`;

test("never closes that of whoever closes it, whose id a sandbox's may have become", async () => {
  const node = [process.execPath, "--input-type=module", "-e", FOR_ITSELF, MODULE];
  await assert.rejects(promisify(execFile)("unshare", [...OWN, ...node]), {
    stdout: "",
    stderr: /^namespace user: Invalid argument\n/,
  });
});

test("is there where the number of the call is known", () => {
  assert.deepEqual([hasGate("x64"), hasGate("arm64"), hasGate("riscv64")], [true, true, false]);
});
