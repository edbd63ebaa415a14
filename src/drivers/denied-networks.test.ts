import assert from "node:assert/strict";
import { test } from "node:test";
import { toDeniedNetworks } from "./denied-networks.ts";

const ALWAYS = ["169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "224.0.0.0/4"];

/** As Linux shows it: a machine with one address, another on docker0, and all of a network as its own. */
const ROUTES = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.0.2.0/24 2 0 2
        +-- 192.0.2.0/30 2 0 2
           |-- 192.0.2.0
              /24 link UNICAST
           |-- 192.0.2.2
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
Local:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
     |-- 172.17.0.1
        /32 host LOCAL
     |-- 192.0.2.2
        /32 host LOCAL
     |-- 198.51.100.0
        /25 link UNICAST
        /24 host LOCAL
`;

test("what the kernel takes for its own is denied, each once, and not what it has a route to", () => {
  assert.deepEqual(toDeniedNetworks(ROUTES, { deny: [], allow: [] }), [
    ...["192.0.2.2/32", "127.0.0.0/8", "127.0.0.1/32", "172.17.0.1/32", "198.51.100.0/24"],
    ...ALWAYS,
  ]);
});

test("the setting adds to it, and nothing takes the inside's own network away", () => {
  const deny = ["10.0.0.0/8", "10.0.2.0/25", "224.0.0.0/4"];
  const routes = "     |-- 10.0.2.3\n        /32 host LOCAL\n";
  assert.deepEqual(toDeniedNetworks(routes, { deny, allow: [] }), [...ALWAYS, "10.0.0.0/8"]);
});

test("an operator may give back this machine's own addresses, but neither its loopback nor anything else", () => {
  const allow = ["192.0.2.0/24", "127.0.0.0/8", "169.254.0.0/16"];
  assert.deepEqual(toDeniedNetworks(ROUTES, { deny: [], allow }), [
    ...["127.0.0.0/8", "127.0.0.1/32", "172.17.0.1/32", "198.51.100.0/24"],
    ...ALWAYS,
  ]);
});
