// Limits by control groups, version 1 and 2, as far as this process may write them: one parent group for
// a Brisk instance, below the process's own group where possible so that outer limits still hold, and in
// it one group a container. What stops and continues a group is in freezer.ts.

import { closeSync, constants, openSync, write } from "node:fs";
import { access, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MB } from "../kernel/units.ts";
import { type CgroupPlaces, readCgroupPlaces } from "./cgroup-places.ts";
import {
  Freezer,
  type FreezerFile,
  thawLeft,
  VERSION_1_FREEZER,
  VERSION_2_FREEZER,
} from "./freezer.ts";

export interface Limits {
  readonly memoryMb: number;
  readonly cpuShares: number;
  readonly processesMax: number;
}

export interface Cgroup {
  /** Moves a process, with all its threads, but not the children that it already has. */
  attach(processId: number): Promise<void>;
  /** Processes that the kernel has killed because the group's memory was used up. */
  countMemoryKills(): Promise<number>;
  /** Whether `freeze` and `thaw` may be called. */
  readonly canFreeze: boolean;
  /** Nothing in it gets the processor any more, a moment later. Throws where the group is gone. */
  freeze(): void;
  /** Everything in it goes on. Nothing where it was never frozen. */
  thaw(): void;
  /** Kills what is left in it, and resolves when it is gone. */
  remove(): Promise<void>;
}

export interface Cgroups extends AsyncDisposable {
  /** Whether its groups can be frozen. */
  readonly canFreeze: boolean;
  create(name: string, limits: Limits): Promise<Cgroup>;
  /**
   * Starts what the next `attach` would wait for. The kernel lets a grace period pass before it moves a
   * process (7 ms here), unless it has just moved another one.
   */
  anticipate(): void;
}

/** One file tree in which groups are made, and the files that carry a container's limits there. */
interface Hierarchy {
  readonly parent: string;
  limits(limits: Limits): readonly LimitFile[];
  /** Holds a line `oom_kill <n>`. */
  readonly memoryEvents: string | undefined;
  readonly freezer?: FreezerFile;
}
interface LimitFile {
  readonly name: string;
  readonly value: number;
  /** Absent on some kernels: swap accounting. */
  readonly optional?: true;
}

const REMOVE_MS_MAX = 5000;
/** cpu.shares 2..262144 to cpu.weight 1..10000, as container runtimes convert. */
const toWeight = (shares: number) => 1 + Math.floor(((shares - 2) * 9999) / 262_142);

const VERSION_1: Readonly<Record<string, Omit<Hierarchy, "parent">>> = {
  memory: {
    limits: ({ memoryMb }) => [
      { name: "memory.limit_in_bytes", value: memoryMb * MB },
      { name: "memory.memsw.limit_in_bytes", value: memoryMb * MB, optional: true },
    ],
    memoryEvents: "memory.oom_control",
  },
  pids: {
    limits: ({ processesMax }) => [{ name: "pids.max", value: processesMax }],
    memoryEvents: undefined,
  },
  cpu: {
    limits: ({ cpuShares }) => [{ name: "cpu.shares", value: Math.max(2, cpuShares) }],
    memoryEvents: undefined,
  },
};

const VERSION_2_CONTROLLERS = ["memory", "pids", "cpu"];
const VERSION_2: Omit<Hierarchy, "parent"> = {
  limits: ({ memoryMb, cpuShares, processesMax }) => [
    { name: "memory.max", value: memoryMb * MB },
    { name: "memory.swap.max", value: 0, optional: true },
    { name: "memory.oom.group", value: 1, optional: true },
    { name: "pids.max", value: processesMax },
    { name: "cpu.weight", value: toWeight(Math.max(2, cpuShares)) },
  ],
  memoryEvents: "memory.events",
  freezer: VERSION_2_FREEZER,
};

/**
 * The groups of one instance, or `undefined` where they cannot be made. What an earlier process with the
 * same instance name left behind is killed and removed: two at a time must not have the same one.
 */
export async function openCgroups(
  instance: string,
  places: CgroupPlaces = readCgroupPlaces(),
): Promise<Cgroups | undefined> {
  const name = `brisk-${instance}`;
  try {
    const isVersion1 = places.own.has("memory");
    const hierarchies = await (isVersion1
      ? openVersion1(name, places)
      : openVersion2(name, places));
    if (hierarchies === undefined) return undefined;
    return createCgroups(hierarchies, places.own.get(isVersion1 ? "memory" : ""));
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

/** Not ours to write, or not there. */
function isRefused(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return ["EACCES", "EBUSY", "EINVAL", "ENOENT", "EOPNOTSUPP", "EPERM", "EROFS"].includes(code);
}

async function openVersion1(name: string, places: CgroupPlaces) {
  const limiting: Hierarchy[] = [];
  for (const [controller, files] of Object.entries(VERSION_1)) {
    const directory = places.own.get(controller);
    if (directory === undefined) return undefined;
    limiting.push({ ...files, parent: join(directory, name) });
  }
  // Before the others: what an earlier process left frozen leaves its groups only when it is thawed.
  const freezing = await openFreezing(name, places);
  for (const { parent } of limiting) {
    await sweep(parent);
    await mkdir(parent, { recursive: true });
  }
  return [...freezing, ...limiting];
}

/**
 * Version 2's where it is mounted beside, as it needs no controllers: what is killed in it dies while it is
 * frozen. In version 1's it does not, so a platform that is killed leaves it there until the next start.
 */
async function openFreezing(name: string, { own }: CgroupPlaces): Promise<Hierarchy[]> {
  const found: Hierarchy[] = [];
  for (const [place, freezer] of [
    ["", VERSION_2_FREEZER],
    ["freezer", VERSION_1_FREEZER],
  ] as const) {
    const directory = own.get(place);
    if (directory === undefined) continue;
    const parent = join(directory, name);
    try {
      await sweep(parent);
      if (found.length > 0) continue;
      await mkdir(parent, { recursive: true });
      await access(join(parent, freezer.name), constants.W_OK);
      found.push({ parent, freezer, limits: () => [], memoryEvents: undefined });
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  return found;
}

/**
 * Version 2 gives controllers only to groups whose parent holds no process. The nearest group above
 * this process in which that can be had is taken.
 */
async function openVersion2(name: string, { own, unifiedMount }: CgroupPlaces) {
  if (unifiedMount === undefined) return undefined;
  let above = own.get("") ?? unifiedMount;
  for (; above.startsWith(unifiedMount); above = dirname(above)) {
    const parent = join(above, name);
    try {
      await enableControllers(above);
      await sweep(parent);
      await mkdir(parent, { recursive: true });
      await enableControllers(parent);
      return [{ ...VERSION_2, parent }];
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  return undefined;
}

async function enableControllers(directory: string): Promise<void> {
  const file = join(directory, "cgroup.subtree_control");
  const enabled = (await readFile(file, "utf8")).trim().split(" ");
  const missing = VERSION_2_CONTROLLERS.filter((each) => !enabled.includes(each));
  if (missing.length > 0) await writeFile(file, missing.map((each) => `+${each}`).join(" "));
}

function createCgroups(hierarchies: readonly Hierarchy[], own: string | undefined): Cgroups {
  const file = own === undefined ? undefined : openToMove(own);
  return {
    canFreeze: hierarchies.some(({ freezer }) => freezer !== undefined),
    create: (name, limits) => createCgroup(hierarchies, name, limits),
    anticipate: () => {
      // To where it is already: nothing changes, but the kernel gets ready to move processes.
      if (file !== undefined) write(file, String(process.pid), () => {});
    },
    [Symbol.asyncDispose]: async () => {
      if (file !== undefined) closeSync(file);
      for (const { parent } of hierarchies) await sweep(parent);
    },
  };
}

function openToMove(directory: string): number | undefined {
  try {
    return openSync(join(directory, "cgroup.procs"), "w");
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

async function createCgroup(
  hierarchies: readonly Hierarchy[],
  name: string,
  limits: Limits,
): Promise<Cgroup> {
  const directories = hierarchies.map(({ parent }) => join(parent, name));
  const freezer = toFreezer(hierarchies, name);
  const remove = async () => {
    freezer?.close();
    await Promise.all(directories.map((directory) => removeGroup(directory)));
  };
  try {
    await Promise.all(hierarchies.map((hierarchy) => makeGroup(hierarchy, name, limits)));
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    attach: async (processId) => {
      for (const directory of directories) {
        await writeFile(join(directory, "cgroup.procs"), String(processId));
      }
    },
    countMemoryKills: async () => {
      let kills = 0;
      for (const { parent, memoryEvents } of hierarchies) {
        if (memoryEvents === undefined) continue;
        const events = await readFile(join(parent, name, memoryEvents), "utf8");
        kills += Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
      }
      return kills;
    },
    canFreeze: freezer !== undefined,
    freeze: () => freezer?.freeze(),
    thaw: () => freezer?.thaw(),
    remove,
  };
}

function toFreezer(hierarchies: readonly Hierarchy[], name: string): Freezer | undefined {
  for (const { parent, freezer } of hierarchies) {
    if (freezer !== undefined) return new Freezer(join(parent, name), freezer);
  }
  return undefined;
}

async function makeGroup(hierarchy: Hierarchy, name: string, limits: Limits): Promise<void> {
  const directory = join(hierarchy.parent, name);
  await mkdir(directory);
  for (const { name: file, value, optional } of hierarchy.limits(limits)) {
    try {
      await writeFile(join(directory, file), String(value));
    } catch (error) {
      if (!(optional && isRefused(error))) throw error;
    }
  }
}

/** Removes a group and the groups in it, with everything that runs there. */
async function sweep(parent: string): Promise<void> {
  try {
    const entries = await readdir(parent, { withFileTypes: true });
    const groups = entries.filter((entry) => entry.isDirectory());
    await Promise.all(groups.map((group) => removeGroup(join(parent, group.name))));
    await removeGroup(parent);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** A killed process leaves its group a moment later, so removing is tried until it succeeds. */
async function removeGroup(directory: string): Promise<void> {
  const until = performance.now() + REMOVE_MS_MAX;
  for (let waitMs = 1; ; waitMs = Math.min(2 * waitMs, 100)) {
    try {
      await rmdir(directory);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      if (code !== "EBUSY") throw error;
      // Something in it cannot be killed at the moment; the next start sweeps again.
      if (performance.now() > until) return;
    }
    await delay(waitMs);
    await killAll(directory);
    await thawLeft(directory);
  }
}

async function killAll(directory: string): Promise<void> {
  const processes = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
  for (const processId of processes.split("\n").map(Number)) {
    // What lives in another process namespace is listed as 0, which `kill` takes for ourselves.
    if (!(processId > 0)) continue;
    try {
      process.kill(processId, "SIGKILL");
    } catch {
      // Gone by itself between the two lines.
    }
  }
}
