// Whether the machine's processors have more to do than they can: then more containers would only share
// what there is.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Clock } from "../kernel/clock.ts";

export interface Processors {
  readonly count: number;
  /** At a time some milliseconds ago at most. */
  isSaturated(): boolean;
}

/** Reading it takes some 15 µs, and it is asked for every job that finds no free container. */
const SAMPLE_MS = 20;

export function watchProcessors(clock: Clock): Processors {
  const count = availableParallelism();
  let sampledAt = Number.NEGATIVE_INFINITY;
  let isSaturated = false;
  return {
    count,
    isSaturated: () => {
      const now = clock();
      if (now - sampledAt >= SAMPLE_MS) {
        sampledAt = now;
        isSaturated = readRunnable() > count;
      }
      return isSaturated;
    },
  };
}

/** Threads of the whole machine that run or want to: the fourth field, `runnable/all` (proc(5)). */
function readRunnable(): number {
  const fields = readFileSync("/proc/loadavg", "latin1").split(" ");
  return Number.parseInt(fields[3] ?? "", 10);
}
