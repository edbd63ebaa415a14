// The end of control groups: everything that runs in one is killed, frozen or not, until it can be removed.

import { readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { thawLeft } from "./freezer.ts";

const REMOVE_MS_MAX = 5000;

/** Removes a group and the groups in it, with everything that runs there. */
export async function sweep(parent: string): Promise<void> {
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
export async function removeGroup(directory: string): Promise<void> {
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
