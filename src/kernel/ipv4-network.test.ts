import assert from "node:assert/strict";
import { test } from "node:test";
import { isWithin, parseIpv4Network } from "./ipv4-network.ts";

for (const [text, network] of [
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["192.168.1.7", "192.168.1.7/32"],
  ["255.255.255.255/32", "255.255.255.255/32"],
  ["128.0.0.0/1", "128.0.0.0/1"],
] as const) {
  test(`${text} is a network`, () => assert.equal(parseIpv4Network(text), network));
}

for (const text of [
  ...["", "10", "10.0.0", "10.0.0.0.0", "256.0.0.1", "010.0.0.0/8", "0x0a.0.0.0", "-1.0.0.0"],
  // All there is cannot be denied to what is to have a network.
  ...["10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/8/8", "0.0.0.0/0"],
  ...["10.0.0.1/8", "10.0.0.0 /8", "10.0.0.0/8\n", "fd00::/8", "example.com"],
]) {
  test(`${JSON.stringify(text)} is none`, () => assert.equal(parseIpv4Network(text), undefined));
}

for (const [network, outer, within] of [
  ["10.0.2.3/32", "10.0.2.0/24", true],
  ["10.0.2.0/24", "10.0.2.0/24", true],
  ["10.0.0.0/8", "10.0.2.0/24", false],
  ["10.0.3.0/24", "10.0.2.0/24", false],
  ["255.255.255.255/32", "128.0.0.0/1", true],
] as const) {
  test(`${network} is ${within ? "" : "not "}within ${outer}`, () =>
    assert.equal(isWithin(network, outer), within));
}
