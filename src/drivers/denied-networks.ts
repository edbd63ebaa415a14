// What an action with a network does not reach all the same: this machine itself, and the addresses at which
// clouds serve a machine's own credentials. By address, so that names that change their meaning change nothing.

import { readFileSync } from "node:fs";
import { isWithin } from "../kernel/ipv4-network.ts";

/** slirp4netns' own, in which it passes nothing on but to the resolver. */
const INSIDE_NETWORK = "10.0.2.0/24";

const ALWAYS_DENIED = [
  // The metadata service of nearly every cloud (169.254.169.254), and otherwise one wire's own affair.
  "169.254.0.0/16",
  // Alibaba's metadata service, and Azure's, which hands out a machine's certificates.
  "100.100.100.200/32",
  "168.63.129.16/32",
  // A group is not somebody on the internet, and this machine's programs may be in it.
  "224.0.0.0/4",
];

/** Whoever listens there means to be reached by this machine alone. */
const LOOPBACK = "127.0.0.0/8";

/** What an operator changes of it, networks as `parseIpv4Network` returns them. */
export interface NetworkRules {
  /** Denied as well. */
  readonly deny: readonly string[];
  /** Addresses of this machine in these are not denied for being its own. */
  readonly allow: readonly string[];
}

/** The kernel's routes, as far as this process's own network goes. */
const ROUTES_FILE = "/proc/net/fib_trie";

/**
 * Read each time, because addresses come and go. From the kernel's own table, as the list of interfaces
 * leaves out those without a carrier, such as docker0, at whose address the machine answers all the same.
 */
export function readDeniedNetworks(rules: NetworkRules): string[] {
  return toDeniedNetworks(readFileSync(ROUTES_FILE, "latin1"), rules);
}

/** The inside's own are left out: they lead nowhere, and the resolver is one of them. */
export function toDeniedNetworks(routes: string, { deny, allow }: NetworkRules): string[] {
  const isAllowed = (own: string) =>
    !isWithin(own, LOOPBACK) && allow.some((network) => isWithin(own, network));
  const own = findLocalNetworks(routes).filter((network) => !isAllowed(network));
  const all = new Set([...own, ...ALWAYS_DENIED, ...deny]);
  return [...all].filter((network) => !isWithin(network, INSIDE_NETWORK));
}

/** An address has a line of its own, `|-- 127.0.0.0`, and one below for each prefix, `/8 host LOCAL`. */
function findLocalNetworks(routes: string): string[] {
  const found: string[] = [];
  let address = "";
  for (const line of routes.split("\n")) {
    address = /\|-- (\S+)/.exec(line)?.[1] ?? address;
    const prefix = /^\s+(\/\d+) host LOCAL/.exec(line)?.[1];
    if (prefix !== undefined) found.push(address + prefix);
  }
  return found;
}
