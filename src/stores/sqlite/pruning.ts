// What is kept no longer is deleted on the stores' thread between the calls, a few rows a turn. Between
// two turns it rests for a multiple of what the turn took, so that callers hardly wait and most of the
// thread's time is theirs, however much there is to delete.
//
//     look ─▶ few rows go ─▶ rest ─▶ few rows go ─▶ … ─▶ none is left ─▶ long rest ─▶ look

import { SECOND_MS } from "../../kernel/units.ts";

/** `Infinity` keeps them for ever, or all. */
export interface Retention {
  /** Of a record, since its activation ended. */
  readonly activationAgeMs: number;
  /** Records of a namespace. */
  readonly activationsMax: number;
}

export const KEEP_ALL: Retention = {
  activationAgeMs: Number.POSITIVE_INFINITY,
  activationsMax: Number.POSITIVE_INFINITY,
};

/** A start has better things to do first. */
const FIRST_LOOK_MS = SECOND_MS;
const LOOK_EVERY_MS = 10 * SECOND_MS;
/** A fifth of the thread's time at most. */
const REST_PER_WORK = 4;
const REST_MS_MIN = 5;

/** Each step deletes a few rows and returns how many: 0 where none is left. */
export function startPruning(
  steps: readonly (() => number)[],
  failed: (cause: unknown) => void,
): Disposable {
  let timer = setTimeout(turn, FIRST_LOOK_MS);
  function turn(): void {
    timer = setTimeout(turn, decideRest(runSteps(steps, failed)));
    timer.unref();
  }
  timer.unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** The milliseconds that it took, or 0 where there was nothing to do. */
function runSteps(steps: readonly (() => number)[], failed: (cause: unknown) => void): number {
  const from = performance.now();
  let count = 0;
  try {
    for (const step of steps) count += step();
  } catch (cause) {
    // A full or busy disk: the next look tries again.
    failed(cause);
    return 0;
  }
  return count === 0 ? 0 : performance.now() - from;
}

function decideRest(workMs: number): number {
  return workMs === 0 ? LOOK_EVERY_MS : Math.max(REST_MS_MIN, workMs * REST_PER_WORK);
}
