// The driver without isolation: a plain process of the same user for each container, with a directory of
// its own to work in. For development, and where nothing better can be had.

import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Launches } from "../runtimes/port.ts";
import { type Enclosure, LaunchedContainer, toRunsMax } from "./launched-container.ts";
import type { ContainerDriver, ContainerSpec } from "./port.ts";
import { isHeapExhausted } from "./v8-exit.ts";

export interface ProcessOptions {
  readonly launches: Launches;
  /** Where containers get their directories. It is emptied: two platforms must not share it. */
  readonly directory: string;
  /** The URL of the platform's API, once it is known. */
  readonly apiHost: () => string;
}

const NOTICE =
  "Actions are not isolated: each can read and change whatever Brisk's own user can, including the " +
  "platform's keys; install bubblewrap to isolate them, on Debian and Ubuntu with `apt-get install bubblewrap`";
/** Where actions look for programs. */
const PROGRAMS = "/usr/local/bin:/usr/bin:/bin";
const OWNER_ONLY = 0o700;

export async function openProcessDriver(options: ProcessOptions): Promise<ContainerDriver> {
  killLeftovers(options.directory);
  await rm(options.directory, { recursive: true, force: true });
  mkdirSync(options.directory, { recursive: true, mode: OWNER_ONLY });
  chmodSync(options.directory, OWNER_ONLY);
  const containers = new Set<LaunchedContainer>();
  let made = 0;
  return {
    isolation: "none",
    notices: [NOTICE],
    networkTrouble: undefined,
    canPause: false,
    create: async (spec) => {
      made += 1;
      const container = await start(options, String(made), spec);
      containers.add(container);
      void container.ended.then(() => containers.delete(container));
      try {
        await container.ready;
        return container;
      } catch (cause) {
        const text = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`Cannot start container: ${text}`, { cause });
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...containers].map((container) => container.destroy()));
      rmSync(options.directory, { recursive: true, force: true });
    },
  };
}

/**
 * Launchers end when their platform is gone, unless their action never lets them look. What a killed
 * platform left works in that directory still.
 */
function killLeftovers(directory: string): void {
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${id}/cwd`).startsWith(`${directory}/`))
        process.kill(Number(id), "SIGKILL");
    } catch {
      // Ended meanwhile, or another user's.
    }
  }
}

async function start(
  options: ProcessOptions,
  id: string,
  spec: ContainerSpec,
): Promise<LaunchedContainer> {
  const launch = await options.launches.find(spec.kind);
  const directory = join(options.directory, id);
  const action = join(directory, "action");
  const temporary = join(directory, "tmp");
  for (const path of [directory, action, temporary]) mkdirSync(path, { mode: OWNER_ONLY });
  // Found from the action's directory by `require` and `import` alike.
  symlinkSync(join(launch.directory, "node_modules"), join(directory, "node_modules"));
  const child = spawn(
    launch.program,
    [...launch.arguments(spec.memoryMb), join(launch.directory, launch.launcher)],
    {
      cwd: action,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      // A process group of its own, so that what the action starts is ended with it.
      detached: true,
      env: {
        PATH: PROGRAMS,
        HOME: temporary,
        TMPDIR: temporary,
        __OW_API_HOST: options.apiHost(),
        __OW_ALLOW_CONCURRENT: String(spec.concurrency > 1),
      },
    },
  );
  const enclosure = encloseGroup(child.pid, directory);
  return new LaunchedContainer({ id, runsMax: toRunsMax(spec), enclosure }, child);
}

function encloseGroup(processId: number | undefined, directory: string): Enclosure {
  const kill = () => {
    if (processId === undefined) return;
    try {
      process.kill(-processId, "SIGKILL");
    } catch {
      // The whole group is gone already.
    }
  };
  return {
    kill,
    // Stopping one process after the other would be seen by them, and misses those that are being made.
    pause: () => false,
    resume: () => {},
    wasOutOfMemory: async (exit) => isHeapExhausted(exit),
    remove: async () => {
      kill();
      // What was killed may still be writing there for a moment.
      await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
    },
  };
}
