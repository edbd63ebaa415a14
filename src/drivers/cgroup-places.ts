// Where this process is in the trees of control groups, from what the kernel says of its mounts and of its
// groups.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The process's own directory in the tree of each version 1 controller, and in version 2's under `""`. */
export interface CgroupPlaces {
  readonly own: ReadonlyMap<string, string>;
  /** Where version 2 is mounted: nothing above it is a group. */
  readonly unifiedMount: string | undefined;
}

interface Mount {
  readonly path: string;
  /** The part of the tree that is mounted there. */
  readonly root: string;
}

export function readCgroupPlaces(
  mountinfo: string = readFileSync("/proc/self/mountinfo", "utf8"),
  cgroup: string = readFileSync("/proc/self/cgroup", "utf8"),
): CgroupPlaces {
  const mounts = readMounts(mountinfo);
  const own = new Map<string, string>();
  // `<id>:<controllers>:<path>`, the path with any character in it.
  for (const [, controllers = "", path = ""] of cgroup.matchAll(/^\d+:([^:]*):(.*)$/gm)) {
    for (const controller of controllers.split(",")) {
      const mount = mounts.get(controller);
      if (mount === undefined) continue;
      const isShown = path.startsWith(mount.root);
      own.set(controller, join(mount.path, isShown ? path.slice(mount.root.length) : ""));
    }
  }
  return { own, unifiedMount: mounts.get("")?.path };
}

function readMounts(mountinfo: string): Map<string, Mount> {
  const mounts = new Map<string, Mount>();
  for (const line of mountinfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "/", path = ""] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    if (type === "cgroup2") mounts.set("", { path, root });
    if (type !== "cgroup") continue;
    for (const controller of options.split(",")) mounts.set(controller, { path, root });
  }
  return mounts;
}
