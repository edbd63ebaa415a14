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
const SAMPLE_MS = 50;
/** Weight of the last sample. A single one is a throw of dice: each lucky one would make a container. */
const SAMPLE_WEIGHT = 0.3;
/** Samples that are older say nothing of what is asked. */
const FORGET_MS = 1000;

export function watchProcessors(clock: Clock): Processors {
  const count = availableParallelism();
  let sampledAt = Number.NEGATIVE_INFINITY;
  let runnable = 0;
  return {
    count,
    isSaturated: () => {
      const age = clock() - sampledAt;
      if (age >= SAMPLE_MS) {
        sampledAt = clock();
        const last = readRunnable() ?? runnable;
        runnable = age >= FORGET_MS ? last : runnable + (last - runnable) * SAMPLE_WEIGHT;
      }
      return runnable > count;
    },
  };
}

/**
 * Threads of the whole machine that run or want to: the fourth field, `runnable/all` (proc(5)). Nothing
 * where it cannot be opened, as this process has too many files open: no reason to place no job.
 */
function readRunnable(): number | undefined {
  try {
    const fields = readFileSync("/proc/loadavg", "latin1").split(" ");
    return Number.parseInt(fields[3] ?? "", 10);
  } catch {
    return undefined;
  }
}
