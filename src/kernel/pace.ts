// Work on large things that nobody else can do: a piece at a time, in turns of those for whom it is done,
// and after each piece the loop is others' for as long as that took. So a flood of them takes half of the
// loop at most, and another's work waits for one piece.

import { setTimeout as delay, setImmediate } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { FairTurns } from "./fair-turns.ts";

export class Pace {
  readonly #turns = new FairTurns();
  readonly #clock: Clock;

  /** The clock measures. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What `work` comes to; what follows from it at once is part of the piece. */
  run<T>(owner: string, work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const piece = async () => {
      const from = this.#clock();
      try {
        resolve(work());
      } catch (cause) {
        reject(cause);
      }
      await setImmediate();
      await delay(this.#clock() - from);
    };
    void this.#turns.take(owner, piece);
    return promise;
  }
}
