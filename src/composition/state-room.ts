// The memory that the states of all compositions take together while their steps run. They are all that
// a composition which waits must keep, and what is in them is up to its code.

import { KB, MB } from "../kernel/units.ts";

/** In characters; many more compositions with usual states than may be in flight. */
const ALL_MAX = 256 * MB;
/** What is this small is not counted. */
const FREE = 4 * KB;

export class StateRoom {
  readonly #allMax: number;
  #taken = 0;

  constructor(allMax: number = ALL_MAX) {
    this.#allMax = allMax;
  }

  /** False where there is no room. */
  take(state: string): boolean {
    const length = toCounted(state);
    if (this.#taken + length > this.#allMax) return length === 0;
    this.#taken += length;
    return true;
  }

  /** What was taken, once. */
  giveBack(state: string): void {
    this.#taken -= toCounted(state);
  }
}

function toCounted({ length }: string): number {
  return length > FREE ? length : 0;
}
