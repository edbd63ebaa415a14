// Limits by control groups, version 1 and 2, as far as this process may write them: one parent group for
// a Brisk instance, below the process's own group where possible so that outer limits still hold, and in
// it one group a container. Where they are is in cgroup-hierarchies.ts.

import { closeSync, openSync, write } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Hierarchies,
  type Hierarchy,
  isRefused,
  type Limits,
  openHierarchies,
} from "./cgroup-hierarchies.ts";
import { type CgroupPlaces, readCgroupPlaces } from "./cgroup-places.ts";
import { removeGroup, sweep } from "./cgroup-removal.ts";
import { Freezer } from "./freezer.ts";

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
    const hierarchies = await openHierarchies(name, places);
    if (hierarchies === undefined) return undefined;
    return createCgroups(hierarchies);
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
}

function createCgroups({ all: hierarchies, own }: Hierarchies): Cgroups {
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
