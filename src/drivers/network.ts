// A network for one container: slirp4netns, a user-mode one that reaches out without any privilege, behind a
// gate that keeps it from this machine itself. It dies with the platform, whose end of a pipe it holds.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type NetworkRules, readDeniedNetworks } from "./denied-networks.ts";
import { findPipe } from "./launched-container.ts";
import { toGatedCommand } from "./network-gate.ts";

export const NETWORK_PROGRAM = "slirp4netns";
/** slirp4netns' own resolver, which asks those of this machine. */
export const NAME_SERVER = "10.0.2.3";

const DEVICE = "tap0";
const READY_FD = 3;
const EXIT_FD = 4;
const ERROR_TEXT_MAX = 1000;

export interface Network {
  /** Resolves when the container can reach out; rejects if that cannot be had. */
  readonly ready: Promise<void>;
  /** Resolves when its process is gone. */
  stop(): Promise<void>;
}

/** What networks are made with. */
export interface NetworkMeans {
  /** Where slirp4netns is, and what closes the gate before it. */
  readonly program: string;
  readonly gateProgram: string;
  readonly rules: NetworkRules;
}

/** Gives the network namespace of a process its way out, closed to what is denied before it is open at all. */
export function startNetwork(means: NetworkMeans, processId: number): Network {
  const gate = {
    program: means.gateProgram,
    processId,
    device: DEVICE,
    denied: readDeniedNetworks(means.rules),
  };
  const [program, ...rest] = toGatedCommand(gate, toCommand(means.program, processId));
  const child = spawn(program, rest, {
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    env: {},
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    ready: waitForReady(child, ended),
    stop: async () => {
      findPipe(child, EXIT_FD)?.destroy();
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function toCommand(program: string, processId: number): string[] {
  return [
    program,
    "--configure",
    "--disable-host-loopback",
    // The largest: fewer packets for the same bytes.
    "--mtu=65520",
    // Its own parser reads what tenant code sends: it gets neither files nor capabilities.
    "--enable-sandbox",
    "--enable-seccomp",
    `--ready-fd=${READY_FD}`,
    `--exit-fd=${EXIT_FD}`,
    String(processId),
    DEVICE,
  ];
}

async function waitForReady(child: ChildProcess, ended: Promise<void>): Promise<void> {
  let said = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    if (said.length < ERROR_TEXT_MAX) said += bytes.toString("latin1");
  });
  const pipe = findPipe(child, READY_FD);
  for (const stream of child.stdio) stream?.on("error", () => stream.destroy());
  let isReady = false;
  if (pipe) {
    await Promise.race([once(pipe, "data").then(() => (isReady = true)), ended]).catch(() => {});
  }
  if (!isReady) throw new Error(`${NETWORK_PROGRAM} did not start: ${said.trim()}`);
}
