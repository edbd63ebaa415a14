// A place on the network that is not this machine, which sandboxed actions do not reach at any address: a
// network namespace, joined to the machine's own by a pair of devices that go with the last process in it.
// In it a Unix socket of this machine is served, and next to it nobody answers. Only root makes one.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

export interface Elsewhere extends AsyncDisposable {
  readonly host: string;
  /** Leads to the socket. */
  readonly port: number;
  /** Takes connections and says nothing. */
  readonly silentPort: number;
}

/** Its argument is the socket. Whichever side of a connection ends or breaks ends the other. */
const PROGRAM = `
const { connect, createServer } = require("node:net");
const relay = createServer((outer) => {
  const inner = connect(process.argv[1]);
  outer.on("error", () => inner.destroy());
  inner.on("error", () => outer.destroy());
  outer.pipe(inner);
  inner.pipe(outer);
});
const silent = createServer((socket) => socket.on("error", () => socket.destroy()));
relay.listen(0, "0.0.0.0", () => silent.listen(0, "0.0.0.0", () =>
  console.log(JSON.stringify([relay, silent].map((server) => server.address().port)))));
process.stdin.resume().on("end", () => process.exit());
`;

/** Fours of addresses in 198.18.0.0/16, which is for tests of networks; one a process. */
const FOURS = 0x4000;

export async function openElsewhere(socket: string): Promise<Elsewhere> {
  const child = spawn("unshare", ["--net", process.execPath, "-e", PROGRAM, socket], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const stop = async () => {
    if (child.exitCode !== null || !child.kill("SIGKILL")) return;
    await once(child, "close");
  };
  try {
    const ended = once(child, "close").then(() => assert.fail("a network cannot be made here"));
    const [line] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer];
    const [port = 0, silentPort = 0] = JSON.parse(line.toString()) as number[];
    return { host: join(child.pid ?? 0), port, silentPort, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @returns the address of what is in the network of that process */
function join(id: number): string {
  const ip = (line: string) => execFileSync("ip", line.split(" "));
  const there = (line: string) =>
    execFileSync("nsenter", [`--net=/proc/${id}/ns/net`, "ip", ...line.split(" ")]);
  const name = `brisk${id}`;
  const first = 4 * (id % FOURS);
  const [here, host] = [1, 2].map((n) => `198.18.${first >> 8}.${(first & 0xff) + n}`);
  ip(`link add ${name} type veth peer name wire netns ${id}`);
  ip(`address add ${here}/30 dev ${name}`);
  ip(`link set ${name} up`);
  there(`address add ${host}/30 dev wire`);
  there("link set wire up");
  return String(host);
}
