// Limits by control groups, version 1 and 2, as far as this process may write them: one parent group for
// a Brisk instance, below the process's own group where possible so that outer limits still hold, and in
// it one group a container.

import { openSync, readFileSync, write } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MB } from "../kernel/units.ts";

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
  /** Kills what is left in it, and resolves when it is gone. */
  remove(): Promise<void>;
}

export interface Cgroups extends AsyncDisposable {
  create(name: string, limits: Limits): Promise<Cgroup>;
  /**
   * Starts what the next `attach` would wait for. The kernel lets a grace period pass before it moves a
   * process (7 ms here), unless it has just moved another one.
   */
  anticipate(): void;
}

/** One file tree in which groups are made, and the files that carry a container's limits there. */
interface Hierarchy {
  readonly controllers: readonly string[];
  readonly parent: string;
  limits(limits: Limits): readonly LimitFile[];
  /** Holds a line `oom_kill <n>`. */
  readonly memoryEvents: string | undefined;
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

const VERSION_1: Readonly<Record<string, Omit<Hierarchy, "parent" | "controllers">>> = {
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

const VERSION_2: Omit<Hierarchy, "parent"> = {
  controllers: ["memory", "pids", "cpu"],
  limits: ({ memoryMb, cpuShares, processesMax }) => [
    { name: "memory.max", value: memoryMb * MB },
    { name: "memory.swap.max", value: 0, optional: true },
    { name: "memory.oom.group", value: 1, optional: true },
    { name: "pids.max", value: processesMax },
    { name: "cpu.weight", value: toWeight(Math.max(2, cpuShares)) },
  ],
  memoryEvents: "memory.events",
};

/**
 * The groups of one instance, or `undefined` where they cannot be made. What an earlier process with the
 * same instance name left behind is killed and removed: two at a time must not have the same one.
 */
export async function openCgroups(instance: string): Promise<Cgroups | undefined> {
  const name = `brisk-${instance}`;
  const places = readPlaces(readFileSync("/proc/self/mountinfo", "utf8"));
  const own = readFileSync("/proc/self/cgroup", "utf8");
  try {
    const hierarchies = places.has("memory")
      ? await openVersion1(name, places, own)
      : await openVersion2(name, places, own);
    return hierarchies && createCgroups(hierarchies);
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

interface Place {
  readonly mount: string;
  /** The part of the hierarchy that the mount shows. */
  readonly root: string;
}

/** Where each controller's hierarchy is mounted; version 2's under `""`. */
function readPlaces(mountinfo: string): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const line of mountinfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "/", mount = ""] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    if (type === "cgroup2") places.set("", { mount, root });
    if (type !== "cgroup") continue;
    for (const option of options.split(",")) {
      if (option in VERSION_1) places.set(option, { mount, root });
    }
  }
  return places;
}

/** This process's directory in the hierarchy of a controller. */
function findOwn(place: Place, own: string, controller: string): string {
  const line = own.split("\n").find((each) => each.split(":")[1]?.split(",").includes(controller));
  const path = line?.slice(line.indexOf(":", line.indexOf(":") + 1) + 1) ?? "/";
  return join(place.mount, path.startsWith(place.root) ? path.slice(place.root.length) : "/");
}

async function openVersion1(name: string, places: Map<string, Place>, own: string) {
  const hierarchies: Hierarchy[] = [];
  for (const [controller, files] of Object.entries(VERSION_1)) {
    const place = places.get(controller);
    if (place === undefined) return undefined;
    const parent = join(findOwn(place, own, controller), name);
    await sweep(parent);
    await mkdir(parent, { recursive: true });
    // Controllers may share a hierarchy (`cpu,cpuacct`), but the three here never share one.
    hierarchies.push({ ...files, parent, controllers: [controller] });
  }
  return hierarchies;
}

/**
 * Version 2 gives controllers only to groups whose parent holds no process. The nearest group above
 * this process in which that can be had is taken.
 */
async function openVersion2(name: string, places: Map<string, Place>, own: string) {
  const place = places.get("");
  if (place === undefined) return undefined;
  for (let above = findOwn(place, own, ""); above.startsWith(place.mount); above = dirname(above)) {
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
  const missing = VERSION_2.controllers.filter((each) => !enabled.includes(each));
  if (missing.length > 0) await writeFile(file, missing.map((each) => `+${each}`).join(" "));
}

function createCgroups(hierarchies: readonly Hierarchy[]): Cgroups {
  const anticipation = openAnticipation(hierarchies);
  return {
    create: (name, limits) => createCgroup(hierarchies, name, limits),
    anticipate: () => anticipation?.(),
    [Symbol.asyncDispose]: async () => {
      for (const { parent } of hierarchies) await sweep(parent);
    },
  };
}

/** Moves this process to the group in which it is: nothing changes, but the kernel gets ready. */
function openAnticipation(hierarchies: readonly Hierarchy[]): (() => void) | undefined {
  try {
    const controller =
      hierarchies[0]?.controllers.length === 1 ? hierarchies[0].controllers[0] : "";
    const place = readPlaces(readFileSync("/proc/self/mountinfo", "utf8")).get(controller ?? "");
    if (place === undefined) return undefined;
    const own = findOwn(place, readFileSync("/proc/self/cgroup", "utf8"), controller ?? "");
    const file = openSync(join(own, "cgroup.procs"), "w");
    return () => write(file, String(process.pid), () => {});
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
  const remove = async () => {
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
    remove,
  };
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
      if (code !== "EBUSY" || performance.now() > until) throw error;
    }
    await delay(waitMs);
    await killAll(directory);
  }
}

async function killAll(directory: string): Promise<void> {
  const processes = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
  for (const processId of processes.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(processId), "SIGKILL");
    } catch {
      // Gone by itself between the two lines.
    }
  }
}
