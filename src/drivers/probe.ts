// Whether this machine lets Brisk make sandboxes and give them a network: by making one that does nothing.

import { spawn } from "node:child_process";
import { once } from "node:events";
import type { NetworkRules } from "./denied-networks.ts";
import { findPipe } from "./launched-container.ts";
import { NETWORK_PROGRAM, type NetworkMeans, startNetwork } from "./network.ts";
import { GATE_PROGRAM, hasGate } from "./network-gate.ts";
import { findProgram } from "./programs.ts";
import { INFO_FD, readSandboxHost, SANDBOX_PROGRAM, toProbeCommand } from "./sandbox-command.ts";
import { readProcessId } from "./sandbox-info.ts";
import { openSandboxUsers } from "./sandbox-users.ts";

export type SandboxProbe =
  | { readonly usable: true }
  | { readonly usable: false; readonly reason: string; readonly remedy: string };

/** A few milliseconds. Sentences without a full stop. */
export async function probeSandbox(): Promise<SandboxProbe> {
  const program = findProgram(SANDBOX_PROGRAM);
  if (program === undefined) {
    return {
      usable: false,
      reason: `bubblewrap is not installed: this machine has no program ${SANDBOX_PROGRAM}`,
      remedy: "install it, on Debian and Ubuntu with `apt-get install bubblewrap`",
    };
  }
  await using probe = startProbe(program);
  try {
    await probe.processId;
    if ((await probe.finish()) === 0) return { usable: true };
  } catch {
    // It ended early, and its own words say why.
  }
  const said = await probe.errorText();
  return {
    usable: false,
    reason: `bubblewrap cannot make a sandbox: ${said}`,
    remedy: toRemedy(said),
  };
}

/**
 * What sandboxes get a network with, or the sentence that says why they have none. Without the gate they have
 * none either: an open way to this machine is worse.
 */
export async function findNetwork(rules: NetworkRules): Promise<NetworkMeans | string> {
  const [program, gateProgram] = [NETWORK_PROGRAM, GATE_PROGRAM].map(findProgram);
  if (program === undefined) return toMissing(NETWORK_PROGRAM, NETWORK_PROGRAM);
  if (gateProgram === undefined) return toMissing(GATE_PROGRAM, "perl-base");
  if (!hasGate()) {
    return `On ${process.arch} actions cannot be kept from this machine's own addresses, ${NO_NETWORK}`;
  }
  const means = { program, gateProgram, rules };
  await using probe = startProbe(findProgram(SANDBOX_PROGRAM) ?? SANDBOX_PROGRAM);
  try {
    const network = startNetwork(means, await probe.processId);
    try {
      await network.ready;
      return means;
    } finally {
      await network.stop();
    }
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}, ${NO_NETWORK}`;
  }
}

const NO_NETWORK = "so actions have no network but the platform's API";

function toMissing(program: string, debianPackage: string): string {
  return `${program} is not installed, ${NO_NETWORK}; on Debian and Ubuntu \`apt-get install ${debianPackage}\` adds it`;
}

function startProbe(program: string) {
  const userId = openSandboxUsers()?.take();
  const child = spawn(program, toProbeCommand(readSandboxHost()), {
    stdio: ["pipe", "ignore", "pipe", "ignore", "pipe"],
    cwd: "/",
    env: {},
    ...(userId === undefined ? {} : { uid: userId, gid: userId }),
  });
  let said = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    if (said.length < ERROR_TEXT_MAX) said += bytes.toString("latin1");
  });
  for (const stream of child.stdio) stream?.on("error", () => stream.destroy());
  const closed = once(child, "close").catch((error: Error) => {
    said ||= error.message;
  });
  const processId = readProcessId(findPipe(child, INFO_FD));
  processId.catch(() => {});
  return {
    processId,
    finish: async () => {
      child.stdin?.end("\n");
      await closed;
      return child.exitCode;
    },
    errorText: async () => {
      await closed;
      return said.trim().replace(/^bwrap: /, "");
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

const ERROR_TEXT_MAX = 1000;

function toRemedy(said: string): string {
  if (!/permission|permitted|namespace/i.test(said)) return "see bubblewrap's own documentation";
  return (
    "let unprivileged users make namespaces: `sysctl -w kernel.unprivileged_userns_clone=1`, and where " +
    "AppArmor restricts them `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`; in a container, " +
    "start it with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`"
  );
}
