// What becomes of containers that nobody uses: paused after a grace, removed after a longer time. One timer
// looks at all of them, and only while there is one that may be paused: a run sets none of its own.

import type { Clock } from "../kernel/clock.ts";
import type { Slot } from "./state.ts";

export interface IdleOptions {
  readonly slots: () => Iterable<Slot>;
  /** The steady one. */
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  /** Absent where the driver cannot. */
  readonly pause: ((slot: Slot) => void) | undefined;
  readonly remove: (slot: Slot) => void;
}

/** OpenWhisk's `pause-grace`. An action that is called more often is not worth the 0.3 ms of a pause and its end. */
const PAUSE_AFTER_MS = 50;
/** Each takes 0.1 ms, in which nobody else is served. */
const PAUSES_MAX = 10;
const NEXT_PAUSES_MS = 2;

export interface Pauses {
  /** Longest idle first. */
  readonly now: readonly Slot[];
  /** When there will be more to pause, in ms from now. */
  readonly againMs: number | undefined;
}

export function decidePauses(slots: Iterable<Slot>, now: number): Pauses {
  const running = [...slots]
    .filter((slot) => isIdle(slot) && !slot.isPaused)
    .sort((a, b) => a.lastUsed - b.lastUsed);
  const due = running.filter(({ lastUsed }) => now - lastUsed >= PAUSE_AFTER_MS);
  const next = running[due.length];
  if (due.length > PAUSES_MAX) return { now: due.slice(0, PAUSES_MAX), againMs: NEXT_PAUSES_MS };
  return { now: due, againMs: next && next.lastUsed + PAUSE_AFTER_MS - now };
}

function isIdle({ state, active }: Slot): boolean {
  return state === "warm" && active === 0;
}

export class IdleContainers implements Disposable {
  readonly #options: IdleOptions;
  readonly #expiring: NodeJS.Timeout;
  #pausing: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: IdleOptions) {
    this.#options = options;
    this.#expiring = setInterval(() => this.#removeExpired(), options.idleTimeoutMs / 2).unref();
  }

  /** Some container has ended what it had to run. */
  watch(): void {
    if (this.#pausing === undefined && this.#options.pause) this.#pauseIn(PAUSE_AFTER_MS);
  }

  #pauseIn(ms: number): void {
    if (this.#isClosed) return;
    this.#pausing = setTimeout(() => {
      this.#pausing = undefined;
      this.#pauseDue();
    }, ms).unref();
  }

  #pauseDue(): void {
    const { slots, clock, pause } = this.#options;
    const { now, againMs } = decidePauses(slots(), clock());
    for (const slot of now) {
      slot.isPaused = true;
      pause?.(slot);
    }
    if (againMs !== undefined) this.#pauseIn(againMs);
  }

  #removeExpired(): void {
    const { slots, clock, idleTimeoutMs, remove } = this.#options;
    const expired = clock() - idleTimeoutMs;
    for (const slot of [...slots()]) {
      if (isIdle(slot) && slot.lastUsed <= expired) remove(slot);
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearInterval(this.#expiring);
    clearTimeout(this.#pausing);
  }
}
