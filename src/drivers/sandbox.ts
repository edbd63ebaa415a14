// The isolating driver of one machine: a bubblewrap sandbox a container, made without privileges, limited
// by control groups where they can be written, else by rlimits and watching.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Launches } from "../runtimes/port.ts";
import { type Cgroups, openCgroups } from "./cgroups.ts";
import type { NetworkRules } from "./denied-networks.ts";
import { LaunchedContainer, toRunsMax } from "./launched-container.ts";
import { MemoryWatch } from "./memory-watch.ts";
import type { NetworkMeans } from "./network.ts";
import type { Container, ContainerDriver, ContainerSpec } from "./port.ts";
import { findNetwork } from "./probe.ts";
import { findProgram } from "./programs.ts";
import {
  API_HOST_INSIDE,
  PROCESSES_MAX,
  readSandboxHost,
  SANDBOX_PROGRAM,
  type SandboxHost,
  toSandboxCommand,
} from "./sandbox-command.ts";
import { Sandbox } from "./sandbox-enclosure.ts";
import { type SandboxFiles, writeSandboxFiles } from "./sandbox-files.ts";
import { openSandboxUsers } from "./sandbox-users.ts";
import { findBatchPrefix } from "./scheduling.ts";
import { endUnfinished } from "./unfinished-sandboxes.ts";

export interface SandboxOptions {
  readonly launches: Launches;
  /** A directory that every user of the machine can enter; what is shared by sandboxes is put there. */
  readonly publicDirectory: string;
  /** Names this platform on the machine, the same at every start: what an earlier process left is swept. */
  readonly instance: string;
  /** The Unix socket, alone in a directory that every user can enter, on which the API listens. */
  readonly apiSocket: string;
  /** Whether containers that ask for a network are to get one, where it can be had. */
  readonly network: boolean;
  readonly networkRules: NetworkRules;
  /** For tests of the fall-back: limits as where control groups cannot be written. */
  readonly withoutCgroups?: boolean;
}

const START_MS_MAX = 30_000;

/** Rejects if sandboxes cannot be made here; `probeSandbox` says why beforehand. */
export async function openSandboxDriver(options: SandboxOptions): Promise<ContainerDriver> {
  endUnfinished(options.apiSocket);
  // First of all processes: while this one has no others it may be alone in its group.
  const cgroups = options.withoutCgroups ? undefined : await openCgroups(options.instance);
  const [network, batchPrefix] = await Promise.all([
    options.network ? findNetwork(options.networkRules) : undefined,
    findBatchPrefix(),
  ]);
  const notices: string[] = [];
  if (cgroups === undefined) notices.push(NO_CGROUPS);
  else if (!cgroups.canFreeze) notices.push(NO_FREEZER);
  const networkTrouble = typeof network === "string" ? network : undefined;
  if (networkTrouble !== undefined) notices.push(networkTrouble);
  const networkMeans = typeof network === "string" ? undefined : network;
  const found = { cgroups, networkMeans, networkTrouble, batchPrefix, notices };
  return new SandboxDriver(options, found);
}

const NO_CGROUPS =
  "Control groups cannot be written, so memory is watched rather than limited and processor time is " +
  "shared by process rather than by container, and what actions leave running goes on between their runs; " +
  "run Brisk as root, or as a systemd unit with Delegate=yes";
const NO_FREEZER =
  "The freezer of control groups cannot be written, so what actions leave running goes on between their " +
  "runs and takes processor time";

interface Found {
  readonly cgroups: Cgroups | undefined;
  readonly networkMeans: NetworkMeans | undefined;
  readonly networkTrouble: string | undefined;
  readonly batchPrefix: readonly string[];
  readonly notices: readonly string[];
}

class SandboxDriver implements ContainerDriver {
  readonly isolation = "sandbox";
  readonly notices: readonly string[];
  readonly networkTrouble: string | undefined;
  readonly canPause: boolean;
  readonly #options: SandboxOptions;
  readonly #cgroups: Cgroups | undefined;
  /** What starts a sandbox, before its own arguments. */
  readonly #program: readonly string[];
  readonly #networkMeans: NetworkMeans | undefined;
  readonly #host: SandboxHost = readSandboxHost();
  readonly #users = openSandboxUsers();
  readonly #watch = new MemoryWatch();
  readonly #files: SandboxFiles;
  readonly #containers = new Set<LaunchedContainer>();
  #made = 0;

  constructor(options: SandboxOptions, found: Found) {
    this.#options = options;
    this.#cgroups = found.cgroups;
    this.canPause = found.cgroups?.canFreeze === true;
    this.#program = [...found.batchPrefix, findProgram(SANDBOX_PROGRAM) ?? SANDBOX_PROGRAM];
    this.#networkMeans = found.networkMeans;
    this.notices = found.notices;
    this.networkTrouble = found.networkTrouble;
    this.#files = writeSandboxFiles(options.publicDirectory);
  }

  async create(spec: ContainerSpec): Promise<Container> {
    this.#cgroups?.anticipate();
    const { container, enclosure } = await this.#start(spec);
    this.#containers.add(container);
    void container.ended.then(() => this.#containers.delete(container));
    try {
      await within(START_MS_MAX, Promise.all([enclosure.release(spec), container.ready]));
      return container;
    } catch (cause) {
      await container.destroy();
      throw new Error(`Cannot start container: ${await explain(cause, container)}`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#containers].map((container) => container.destroy()));
    await this.#cgroups?.[Symbol.asyncDispose]();
  }

  async #start(spec: ContainerSpec) {
    const launch = await this.#options.launches.find(spec.kind);
    this.#made += 1;
    const id = String(this.#made);
    const networkMeans = spec.network ? this.#networkMeans : undefined;
    const { etc, syscallFilter } = this.#files;
    const command = toSandboxCommand(this.#host, {
      launch,
      memoryMb: spec.memoryMb,
      etc: networkMeans === undefined ? etc.offline : etc.online,
      apiSocket: this.#options.apiSocket,
      hasSyscallFilter: syscallFilter !== undefined,
    });
    const userId = this.#users?.take();
    const group = this.#cgroups?.create(id, { ...spec, processesMax: PROCESSES_MAX });
    const removed = () => userId !== undefined && this.#users?.giveBack(userId);
    try {
      const child = this.#spawn(command, { env: toEnvironment(spec), userId });
      const watch = this.#cgroups ? undefined : this.#watch;
      const enclosure = new Sandbox(child, { group, networkMeans, watch, removed });
      return {
        container: new LaunchedContainer({ id, runsMax: toRunsMax(spec), enclosure }, child),
        enclosure,
      };
    } catch (error) {
      // The process was not even started: too many open files, or no memory.
      await group?.then((made) => made.remove());
      removed();
      throw error;
    }
  }

  #spawn(command: readonly string[], { env, userId }: SpawnOptions): ChildProcess {
    const { syscallFilter } = this.#files;
    // Opened each time: bubblewrap reads it to its end, and a descriptor has one place at a time.
    const filter = syscallFilter === undefined ? "ignore" : openSync(syscallFilter, "r");
    try {
      const [program = SANDBOX_PROGRAM, ...prefix] = this.#program;
      return spawn(program, [...prefix, ...command], {
        stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe", filter],
        cwd: "/",
        env,
        ...(userId === undefined ? {} : { uid: userId, gid: userId }),
      });
    } finally {
      if (typeof filter === "number") closeSync(filter);
    }
  }
}

interface SpawnOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Absent where this process has no right to choose. */
  readonly userId: number | undefined;
}

/** Everything that the action's process sees of the outside. */
function toEnvironment({ concurrency }: ContainerSpec): Record<string, string> {
  return {
    PATH: "/bin",
    HOME: "/tmp",
    __OW_API_HOST: API_HOST_INSIDE,
    __OW_ALLOW_CONCURRENT: String(concurrency > 1),
  };
}

/** Where the sandbox's process is gone, what it said itself tells more than what failed on it. */
async function explain(cause: unknown, { ready }: LaunchedContainer): Promise<string> {
  const text = toText(cause);
  const said = await ready.then(() => "it was ready", toText);
  return said === text ? text : `${text} (${said})`;
}

function toText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ready within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
