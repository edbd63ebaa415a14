// What an action with a network reaches and what not, in a world made for it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import type { Attempts, Findings } from "./network-fixture.ts";

const WORLD = new URL("network-fixture.ts", import.meta.url).pathname;

/** Everybody is root in a user namespace of his own, where Brisk then has no more rights than any user. */
const RIGHTS = {
  ...(process.getuid?.() === 0 ? { "as root": [] } : {}),
  "without privileges": ["--user", "--map-root-user"],
};

const SOMEBODY = "198.18.0.2";
const THEIR_DATABASE = "10.77.0.2";
const OWN = "198.18.0.1";
const DENIED = {
  "this machine's own address": OWN,
  "its link-local one": "169.254.77.1",
  "one of a device without a carrier": "172.31.77.1",
  "the metadata service": "169.254.169.254",
  "Alibaba's": "100.100.100.200",
  "Azure's": "168.63.129.16",
  "a group": "239.1.2.3",
};

async function enter(rights: readonly string[], attempts: Attempts): Promise<Findings> {
  const { stdout } = await promisify(execFile)("unshare", [
    ...[...rights, "--net", "--mount"],
    ...[process.execPath, WORLD, JSON.stringify(attempts)],
  ]);
  return JSON.parse(stdout) as Findings;
}

for (const [name, rights] of Object.entries(RIGHTS)) {
  describe(`an action with a network, ${name}`, () => {
    it("reaches the internet and the name server, but not this machine, by no trick", async () => {
      const found = await enter(rights, {
        networkRules: { deny: [], allow: [] },
        connect: [SOMEBODY, THEIR_DATABASE, ...Object.values(DENIED), "fd77::1"],
        send: [
          ...[...Object.values(DENIED), "224.0.0.251", "127.0.0.1", "127.255.255.255"],
          ...["198.18.0.3", "255.255.255.255", "10.0.2.2", "10.0.2.3", SOMEBODY],
        ],
      });
      assert.deepEqual(found, {
        connected: {
          ...Object.fromEntries(Object.values(DENIED).map((address) => [address, "EACCES"])),
          [SOMEBODY]: "connected",
          [THEIR_DATABASE]: "connected",
          "fd77::1": "ENETUNREACH",
        },
        arrived: [SOMEBODY],
        resolved: ["198.51.100.7"],
        deleted: "Operation not permitted",
        hypervisor: "Address family not supported by protocol",
        neighbour: "ECONNREFUSED",
      });
    });
  });
}

it("does not reach what an operator denies, and what of this machine is allowed", async () => {
  const [rights] = Object.values(RIGHTS);
  const found = await enter(rights ?? [], {
    networkRules: {
      deny: ["10.0.0.0/8", "10.0.2.3/32"],
      allow: ["198.18.0.0/24", "127.0.0.0/8", "169.254.0.0/16"],
    },
    connect: [SOMEBODY, THEIR_DATABASE, OWN, DENIED["its link-local one"]],
    send: [THEIR_DATABASE, "127.0.0.1", SOMEBODY],
  });
  assert.deepEqual(found.connected, {
    [SOMEBODY]: "connected",
    [THEIR_DATABASE]: "EACCES",
    [OWN]: "connected",
    [DENIED["its link-local one"]]: "EACCES",
  });
  assert.deepEqual(found.arrived, [SOMEBODY]);
  assert.deepEqual(found.resolved, ["198.51.100.7"]);
});
