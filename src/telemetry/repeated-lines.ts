// Lines that others may bring about by the thousand: of each kind one is written at once, and then, while
// more come, the latest one every second, with the number of those that were not written.

import { SECOND_MS } from "../kernel/units.ts";

/** `unwritten`: lines of its kind before this one. */
type Write = (unwritten: number) => void;

interface Kind {
  count: number;
  latest: Write;
}

export interface RepeatedLinesOptions {
  readonly everyMs?: number;
  /** Of kinds at a time; lines of more are written, all of them. */
  readonly kindsMax?: number;
}

export class RepeatedLines {
  readonly #everyMs: number;
  readonly #kindsMax: number;
  /** Those of which one was written in the last second. */
  readonly #kinds = new Map<string, Kind>();

  constructor({ everyMs = SECOND_MS, kindsMax = 100 }: RepeatedLinesOptions = {}) {
    this.#everyMs = everyMs;
    this.#kindsMax = kindsMax;
  }

  /** Writes it, or it is one of those that are counted. */
  take(name: string, write: Write): void {
    const kind = this.#kinds.get(name);
    if (kind !== undefined) {
      kind.count++;
      kind.latest = write;
      return;
    }
    write(0);
    if (this.#kinds.size < this.#kindsMax) this.#begin(name);
  }

  #begin(name: string): void {
    const kind: Kind = { count: 0, latest: () => {} };
    this.#kinds.set(name, kind);
    const end = () => {
      this.#kinds.delete(name);
      if (kind.count === 0) return;
      kind.latest(kind.count - 1);
      this.#begin(name);
    };
    setTimeout(end, this.#everyMs).unref();
  }
}
