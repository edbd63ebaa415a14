// Doing what must be done however long it takes.

import { setTimeout as delay } from "node:timers/promises";
import { SECOND_MS } from "./units.ts";

export interface Insistence {
  /** Ends it: it rejects then, but only where the last attempt had failed. */
  readonly signal: AbortSignal;
  /** Hears of each attempt that failed. */
  readonly failed: (cause: unknown) => void;
}

const AGAIN_AFTER_MS = SECOND_MS;

/** What an attempt resolves with, as soon as one has succeeded. */
export async function insist<T>(
  attempt: () => Promise<T>,
  { signal, failed }: Insistence,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      failed(cause);
      await delay(AGAIN_AFTER_MS, undefined, { signal });
    }
  }
}
