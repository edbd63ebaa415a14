// Memory limits where control groups cannot be written: the memory of every container's processes is
// added up several times a second, and who has too much is killed. Coarser than the kernel's own limit:
// something that allocates fast enough gets beyond it for a moment.

import { readdir, readFile } from "node:fs/promises";
import { KB, MB } from "../kernel/units.ts";

const INTERVAL_MS = 100;

interface Watched {
  readonly rootProcessId: number;
  readonly bytesMax: number;
  readonly exceeded: () => void;
}

export class MemoryWatch {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  /** Watches a process with all its descendants. @returns what ends the watch */
  add(rootProcessId: number, memoryMb: number, exceeded: () => void): () => void {
    const watched = { rootProcessId, bytesMax: memoryMb * MB, exceeded };
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => void this.#look(), INTERVAL_MS).unref();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const children = await readChildren();
      for (const watched of [...this.#watched]) {
        const bytes = await addUp(watched.rootProcessId, children);
        if (bytes > watched.bytesMax && this.#watched.delete(watched)) watched.exceeded();
      }
    } finally {
      this.#isLooking = false;
    }
  }
}

/** Every process's children. Processes that end meanwhile are left out. */
async function readChildren(): Promise<Map<number, number[]>> {
  const children = new Map<number, number[]>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "latin1").catch(() => "");
    // The name in parentheses may hold anything, so fields are counted from its end.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  return children;
}

async function addUp(root: number, children: Map<number, number[]>): Promise<number> {
  let bytes = 0;
  const open = [root];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const status = await readFile(`/proc/${id}/status`, "latin1").catch(() => "");
    // Private memory: the program's own pages are shared by all of its kind.
    bytes += Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * KB;
    open.push(...(children.get(id) ?? []));
  }
  return bytes;
}
