// Where an instance's control groups are made, in version 1's trees or version 2's one, and which files carry
// a container's limits there. What an earlier process left in those places is swept.

import { constants } from "node:fs";
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MB } from "../kernel/units.ts";
import type { CgroupPlaces } from "./cgroup-places.ts";
import { sweep } from "./cgroup-removal.ts";
import { type FreezerFile, VERSION_1_FREEZER, VERSION_2_FREEZER } from "./freezer.ts";

export interface Limits {
  readonly memoryMb: number;
  readonly cpuShares: number;
  readonly processesMax: number;
}

/** One file tree in which groups are made, and the files that carry a container's limits there. */
export interface Hierarchy {
  readonly parent: string;
  limits(limits: Limits): readonly LimitFile[];
  /** Holds a line `oom_kill <n>`. */
  readonly memoryEvents: string | undefined;
  readonly freezer: FreezerFile | undefined;
}
interface LimitFile {
  readonly name: string;
  readonly value: number;
  /** Absent on some kernels: swap accounting. */
  readonly optional?: true;
}

/** cpu.shares 2..262144 to cpu.weight 1..10000, as container runtimes convert. */
const toWeight = (shares: number) => 1 + Math.floor(((shares - 2) * 9999) / 262_142);

const VERSION_1: Readonly<Record<string, Pick<Hierarchy, "limits" | "memoryEvents">>> = {
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
const VERSION_2: Pick<Hierarchy, "limits" | "memoryEvents"> = {
  limits: ({ memoryMb, cpuShares, processesMax }) => [
    { name: "memory.max", value: memoryMb * MB },
    { name: "memory.swap.max", value: 0, optional: true },
    { name: "memory.oom.group", value: 1, optional: true },
    { name: "pids.max", value: processesMax },
    { name: "cpu.weight", value: toWeight(Math.max(2, cpuShares)) },
  ],
  memoryEvents: "memory.events",
};

export interface Hierarchies {
  readonly all: readonly Hierarchy[];
  /** The process's own group in the one whose moves take longest. */
  readonly own: string | undefined;
}

/** @param name of the group that holds all others. `undefined` where they cannot be made */
export async function openHierarchies(
  name: string,
  places: CgroupPlaces,
): Promise<Hierarchies | undefined> {
  return places.own.has("memory") ? openVersion1(name, places) : openVersion2(name, places);
}

/** Not ours to write, or not there. */
export function isRefused(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return ["EACCES", "EBUSY", "EINVAL", "ENOENT", "EOPNOTSUPP", "EPERM", "EROFS"].includes(code);
}

async function openVersion1(name: string, places: CgroupPlaces): Promise<Hierarchies | undefined> {
  const limiting: Hierarchy[] = [];
  for (const [controller, files] of Object.entries(VERSION_1)) {
    const directory = places.own.get(controller);
    if (directory === undefined) return undefined;
    limiting.push({ ...files, parent: join(directory, name), freezer: undefined });
  }
  // Before the others: what an earlier process left frozen leaves its groups only when it is thawed.
  const freezing = await openFreezing(name, places);
  for (const { parent } of limiting) {
    await sweep(parent);
    await mkdir(parent, { recursive: true });
  }
  return { all: [...freezing, ...limiting], own: places.own.get("memory") };
}

/**
 * Version 2's where it is mounted beside, as it needs no controllers: what is killed in it dies while it is
 * frozen. In version 1's it does not, so a platform that is killed leaves it there until the next start.
 */
async function openFreezing(name: string, { own }: CgroupPlaces): Promise<Hierarchy[]> {
  const found: Hierarchy[] = [];
  for (const [place, file] of [
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
      const freezer = await findFreezer(parent, file);
      if (freezer) found.push({ parent, freezer, limits: () => [], memoryEvents: undefined });
      else await sweep(parent);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  return found;
}

/** Not there in the version 2 of kernels before 5.2. */
async function findFreezer(parent: string, file: FreezerFile): Promise<FreezerFile | undefined> {
  try {
    // Who moves a process must be allowed to take it from where it is, too.
    for (const needed of [join(parent, file.name), join(dirname(parent), "cgroup.procs")]) {
      await access(needed, constants.W_OK);
    }
    return file;
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

/**
 * Version 2 gives controllers only to groups whose parent holds no process. The nearest group above
 * this process in which that can be had is taken: its own where it is alone there, as in a systemd unit
 * with Delegate=yes. It then moves into a group below it.
 */
async function openVersion2(
  name: string,
  { own: places, unifiedMount }: CgroupPlaces,
): Promise<Hierarchies | undefined> {
  if (unifiedMount === undefined) return undefined;
  let own = places.get("") ?? unifiedMount;
  for (let above = own; above.startsWith(unifiedMount); above = dirname(above)) {
    const parent = join(above, name);
    try {
      if (above === own) own = await leaveOwn(own, name);
      await enableControllers(above);
      await sweep(parent);
      await mkdir(parent, { recursive: true });
      await enableControllers(parent);
      const freezer = await findFreezer(parent, VERSION_2_FREEZER);
      return { all: [{ ...VERSION_2, parent, freezer }], own };
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  return undefined;
}

/** @returns the group in which the process is then */
async function leaveOwn(own: string, name: string): Promise<string> {
  const there = (await readFile(join(own, "cgroup.controllers"), "utf8")).trim().split(" ");
  const processes = (await readFile(join(own, "cgroup.procs"), "utf8")).trim();
  const isOfUse = VERSION_2_CONTROLLERS.every((each) => there.includes(each));
  if (!isOfUse || processes !== String(process.pid)) return own;
  // Not below the group that is swept.
  const leaf = join(own, `${name}.platform`);
  await mkdir(leaf, { recursive: true });
  await writeFile(join(leaf, "cgroup.procs"), String(process.pid));
  return leaf;
}

async function enableControllers(directory: string): Promise<void> {
  const file = join(directory, "cgroup.subtree_control");
  const enabled = (await readFile(file, "utf8")).trim().split(" ");
  const missing = VERSION_2_CONTROLLERS.filter((each) => !enabled.includes(each));
  if (missing.length > 0) await writeFile(file, missing.map((each) => `+${each}`).join(" "));
}
