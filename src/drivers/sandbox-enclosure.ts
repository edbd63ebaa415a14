// One sandbox from the outside: let go once its limits hold, told apart when it ends, and removed whole.

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Cgroup } from "./cgroups.ts";
import { type Enclosure, type Exit, findPipe } from "./launched-container.ts";
import type { MemoryWatch } from "./memory-watch.ts";
import { type Network, type NetworkMeans, startNetwork } from "./network.ts";
import type { ContainerSpec } from "./port.ts";
import { BLOCK_FD, INFO_FD } from "./sandbox-command.ts";
import { readProcessId } from "./sandbox-info.ts";
import { isHeapExhausted } from "./v8-exit.ts";

export interface SandboxLimits {
  /** The control group being made for it, or what watches its memory instead. */
  readonly group: Promise<Cgroup> | undefined;
  readonly watch: MemoryWatch | undefined;
  /** What gives it a network, if it is to have one. */
  readonly networkMeans: NetworkMeans | undefined;
  /** Called when nothing of it is left. */
  readonly removed: () => void;
}

/** What the kernel kills for memory ends so, with the status that bubblewrap passes on. */
const KILLED_CODE = 137;
const FOLLOW_MS_MAX = 1000;
const REMOVE_MS_MAX = 5000;

export class Sandbox implements Enclosure {
  readonly #child: ChildProcess;
  readonly #limits: SandboxLimits;
  #processId: number | undefined;
  #group: Cgroup | undefined;
  #network: Network | undefined;
  #unwatch: (() => void) | undefined;
  #hadTooMuch = false;
  #isDoomed = false;

  constructor(child: ChildProcess, limits: SandboxLimits) {
    this.#child = child;
    this.#limits = limits;
    for (const descriptor of [INFO_FD, BLOCK_FD]) {
      const stream = findPipe(child, descriptor);
      stream?.on("error", () => stream.destroy());
    }
    limits.group?.catch(() => {}); // Seen where it is awaited, unless the start fails before.
  }

  /**
   * Puts the sandbox under its limits and then lets bubblewrap start the launcher, so that all of it is
   * counted. bubblewrap makes its mounts meanwhile.
   */
  async release({ memoryMb }: ContainerSpec): Promise<void> {
    const processId = await readProcessId(findPipe(this.#child, INFO_FD));
    this.#processId = processId;
    if (this.#isDoomed) {
      this.kill();
      throw new Error("the container was destroyed while it was being made");
    }
    await Promise.all([this.#connect(processId), this.#confine(processId, memoryMb)]);
  }

  async #connect(processId: number): Promise<void> {
    const { networkMeans } = this.#limits;
    if (networkMeans === undefined) return;
    await waitForLoopback(processId);
    // It has ended meanwhile, and may have been removed.
    if (!isAlive(processId)) throw new Error("the sandbox has ended");
    this.#network = startNetwork(networkMeans, processId);
    await this.#network.ready;
  }

  async #confine(processId: number, memoryMb: number): Promise<void> {
    const group = await this.#limits.group;
    await group?.attach(processId);
    this.#group = group;
    this.#unwatch = this.#limits.watch?.add(processId, memoryMb, () => {
      this.#hadTooMuch = true;
      this.kill();
    });
    findPipe(this.#child, BLOCK_FD)?.end("\n");
  }

  /**
   * The sandbox's first process takes all others with it, and bubblewrap, its parent, waits for it and
   * ends: then everything is gone. bubblewrap itself is killed only where it does not follow, or has made
   * no sandbox for so long: killed in the middle of it, it leaves that first process behind, which then
   * waits for it for ever.
   */
  kill(): void {
    this.#isDoomed = true;
    try {
      if (this.#processId !== undefined) process.kill(this.#processId, "SIGKILL");
    } catch {
      // It has ended by itself, and bubblewrap is about to.
    }
    this.#thaw();
    setTimeout(() => this.#child.kill("SIGKILL"), FOLLOW_MS_MAX).unref();
  }

  /** Not once it is killed: a frozen process does not always die. */
  pause(): boolean {
    if (this.#isDoomed || !this.#group?.canFreeze) return false;
    try {
      this.#group.freeze();
      return true;
    } catch {
      this.#thaw();
      return false;
    }
  }

  resume(): void {
    if (!this.#thaw()) this.kill();
  }

  #thaw(): boolean {
    try {
      this.#group?.thaw();
      return true;
    } catch {
      // The group is gone, and what was in it.
      return false;
    }
  }

  async wasOutOfMemory(exit: Exit): Promise<boolean> {
    if (this.#hadTooMuch || isHeapExhausted(exit)) return true;
    const group = await this.#limits.group?.catch(() => undefined);
    if (group === undefined || exit.code !== KILLED_CODE) return false;
    return (await group.countMemoryKills()) > 0;
  }

  async remove(): Promise<void> {
    this.#unwatch?.();
    const group = await this.#limits.group?.catch(() => undefined);
    await Promise.all([group?.remove(), this.#network?.stop(), this.#waitUntilGone()]);
    for (const descriptor of [INFO_FD, BLOCK_FD]) findPipe(this.#child, descriptor)?.destroy();
    this.#limits.removed();
  }

  async #waitUntilGone(): Promise<void> {
    const until = performance.now() + REMOVE_MS_MAX;
    while (this.#processId !== undefined && isAlive(this.#processId)) {
      if (performance.now() > until) return;
      await delay(1);
    }
  }
}

/**
 * Resolves when bubblewrap has set up the namespace's loopback, or the sandbox has ended. Whoever else
 * brings it up before, as slirp4netns does, makes bubblewrap fail: the address is there already.
 */
async function waitForLoopback(processId: number): Promise<void> {
  while (isAlive(processId) && !hasLoopback(processId)) await delay(1);
}

function hasLoopback(processId: number): boolean {
  try {
    return readFileSync(`/proc/${processId}/net/fib_trie`, "latin1").includes("127.0.0.1");
  } catch {
    return false;
  }
}

/**
 * A sandbox's first process ends after all others in it. It may stay as a zombie for a while, because
 * bubblewrap does not always wait for it and not every machine's `init` is quick.
 */
function isAlive(processId: number): boolean {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, "latin1");
    return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(")")));
  } catch {
    return false;
  }
}
