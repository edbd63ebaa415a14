// A small world for the network's tests, in namespaces of its own, so that nothing of it is ever seen on the
// machine: a host with addresses of every sort, one of them without a carrier and a resolver on its loopback,
// and somebody else on the internet. As the host this program has an action in a sandbox try what its argument
// says, and prints what came of it. Without an argument it is the somebody.

import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NetworkRules } from "./denied-networks.ts";
import { startAction, waitFor } from "./driver-fixture.ts";
import { openSandboxes } from "./sandbox-fixture.ts";

const PORT = 8080;
const NAME = "somewhere.test";
const GROUPS = ["239.1.2.3", "224.0.0.251"];

export interface Attempts {
  readonly networkRules: NetworkRules;
  /** Connected to side by side. */
  readonly connect: readonly string[];
  /** Sent a datagram from a socket that is bound to the device; the last one has to arrive. */
  readonly send: readonly string[];
}

export interface Findings {
  /** What became of each connection: `connected`, or the code of the error. */
  readonly connected: Readonly<Record<string, string>>;
  /** The destinations of which a datagram has arrived. */
  readonly arrived: readonly string[];
  /** What the name server says. */
  readonly resolved: readonly string[];
  /** What the kernel says when the action deletes a route, and when it wants a socket to the hypervisor. */
  readonly deleted: string;
  readonly hypervisor: string;
  /** What becomes of a connection to another sandbox, which listens. */
  readonly neighbour: string;
}

/** The commands that make it, with the id of a process in the other one's network. */
function build(other: string): void {
  const run = (line: string) => execFileSync("ip", line.split(" "), { stdio: "inherit" });
  const inOther = (line: string) =>
    execFileSync("nsenter", [`--net=/proc/${other}/ns/net`, "ip", ...line.split(" ")]);
  run("link set lo up");
  run(`link add wire type veth peer name far netns ${other}`);
  run("link add idle type veth peer name nobody");
  for (const address of ["198.18.0.1/30", "169.254.77.1/16", "fd77::1/64"]) {
    run(`address add ${address} dev wire`);
  }
  run("address add 172.31.77.1/24 dev idle");
  for (const device of ["wire", "idle"]) run(`link set ${device} up`);
  inOther("link set lo up");
  for (const address of ["198.18.0.2/30", "169.254.169.254/32", "10.77.0.2/32"]) {
    inOther(`address add ${address} dev far`);
  }
  inOther("link set far up");
  run("route add 10.77.0.2 via 198.18.0.2");
  run("route add 224.0.0.0/4 dev wire");
}

/** With Perl's own binary: Node binds no socket to a device. */
const ACTION = `
const fs = require("node:fs"), net = require("node:net"), dns = require("node:dns/promises");
const { spawnSync } = require("node:child_process");
const perl = (program, ...all) => spawnSync("/tmp/perl", ["-e", program, ...all], { encoding: "utf8" });
const connect = (host, port) => new Promise((resolve) => {
  const socket = net.connect({ host, port }, () => { resolve("connected"); socket.destroy(); });
  socket.on("error", ({ code }) => resolve(code));
  socket.setTimeout(3000, () => resolve("silent"));
});
const main = async ({ program, connections, datagrams, port, name, ...programs }) => {
  fs.writeFileSync("/tmp/perl", Buffer.from(program, "base64"), { mode: 0o755 });
  const deleted = perl(programs.remove).stdout;
  const hypervisor = perl('socket(my $s, 40, 1, 0) or print "$!"').stdout;
  const connected = Object.fromEntries(await Promise.all(
    connections.map(async (host) => [host, await connect(host, port)])));
  const neighbour = await connect("10.0.2.100", port);
  const resolved = await dns.resolve4(name);
  const failed = datagrams.map((host) => perl(programs.send, host, port).stderr).filter((text) => text !== "");
  return { connected, deleted, hypervisor, neighbour, resolved, failed };
};`;

const LISTENER = `const main = ({ port }) => new Promise((resolve) => {
  require("node:net").createServer((socket) => socket.end()).listen(port, "0.0.0.0", () => resolve({}));
});`;

/** Its text is the destination. It may be broadcast, and reaches beyond the next hop. */
const SEND = String.raw`
my ($host, $port) = @ARGV;
socket my $socket, 2, 2, 0;
setsockopt $socket, 1, 25, "tap0" or print STDERR "device: $!";
setsockopt $socket, 1, 6, pack "l", 1;
setsockopt $socket, 0, 33, pack "l", 8;
send $socket, $host, 0, pack "S n C4 x8", 2, $port, split /\./, $host;
`;
/** RTM_DELROUTE of 169.254.0.0/16. */
const REMOVE = `
socket my $routes, 16, 3, 0;
send $routes, pack("L S S L L C8 L S S C4", 36, 25, 5, 1, 0, 2, 16, 0, 0, 254, 4, 0, 8, 0, 8, 1, 169, 254, 0, 0), 0;
recv $routes, my $answer, 4096, 0;
$! = -unpack "x16 l", $answer;
print "$!";
`;

/** Takes connections and datagrams at every address. */
async function listen(onDatagram: (text: string) => void): Promise<void> {
  const server = createServer((socket) => socket.end());
  await once(server.listen(PORT, "0.0.0.0"), "listening");
  const datagrams = createSocket("udp4", (bytes) => onDatagram(bytes.toString()));
  await once(datagrams.bind(PORT, "0.0.0.0"), "listening");
  if (process.argv[2] === undefined) return;
  for (const group of GROUPS) datagrams.addMembership(group, "198.18.0.1");
}

/** Every name has one address. The machine's own file is hidden behind another one. */
async function serveNames(directory: string): Promise<void> {
  const file = join(directory, "resolv.conf");
  writeFileSync(file, "nameserver 127.0.0.1\n");
  execFileSync("mount", ["--bind", file, "/etc/resolv.conf"]);
  const answer = Buffer.from("c00c00010001000000000004c6336407", "hex");
  const socket = createSocket("udp4", (question, { port, address }) => {
    const reply = Buffer.concat([question, answer]);
    reply.writeUInt16BE(0x8180, 2);
    reply.writeUInt16BE(1, 6);
    reply.writeUInt16BE(0, 10);
    socket.send(reply, port, address);
  });
  await once(socket.bind(53, "127.0.0.1"), "listening");
}

async function runHost({ networkRules, connect, send }: Attempts): Promise<Findings> {
  const arrived = new Set<string>();
  const other = spawn("unshare", ["--net", process.execPath, import.meta.filename], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const directory = mkdtempSync(join(tmpdir(), "brisk-world-"));
  try {
    await once(other.stdout, "data");
    other.stdout.on("data", (text: Buffer) => arrived.add(text.toString().trim()));
    build(String(other.pid));
    await listen((text) => arrived.add(text));
    await serveNames(directory);
    await using opened = await openSandboxes({ network: true, networkRules });
    if (opened.driver.networkTrouble !== undefined) throw new Error(opened.driver.networkTrouble);
    await using neighbour = await startAction(opened.driver, LISTENER, { network: true });
    await neighbour.result({ port: PORT });
    await using action = await startAction(opened.driver, ACTION, { network: true });
    const { failed, ...found } = await action.result({
      ...{ connections: connect, datagrams: send, port: PORT, name: NAME },
      ...{ program: readFileSync("/usr/bin/perl", "base64"), send: SEND, remove: REMOVE },
    });
    if (String(failed) !== "") throw new Error(String(failed));
    await waitFor("the last datagram", () => arrived.has(send.at(-1) ?? ""));
    return {
      ...(found as unknown as Findings),
      arrived: [...arrived].sort((a, b) => a.localeCompare(b)),
    };
  } finally {
    other.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const attempts = process.argv[2];
  if (attempts === undefined) {
    await listen((text) => process.stdout.write(`${text}\n`));
    process.stdin.resume().on("end", () => process.exit());
    process.stdout.write("ready\n");
  } else {
    process.stdout.write(JSON.stringify(await runHost(JSON.parse(attempts) as Attempts)));
    process.exit();
  }
}
