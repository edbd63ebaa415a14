// Which segments of the bus's journal hold messages that are not done, and how much of them. Decides
// which segment may go, and when the little that keeps an old one is worth copying forward.

import type { Position } from "../journal/segments.ts";

/** Bytes that each byte copied is to free. */
const FREED_MIN_WHEN_FULL = 1 / 3;

interface Live {
  count: number;
  bytes: number;
}

export class JournalSpace {
  readonly #live = new Map<number, Live>();
  #bytes = 0;

  add({ segment, length }: Position): void {
    let live = this.#live.get(segment);
    if (live === undefined) {
      live = { count: 0, bytes: 0 };
      this.#live.set(segment, live);
    }
    live.count++;
    live.bytes += length;
    this.#bytes += length;
  }

  /** True where the segment holds nothing that is not done any more. */
  remove({ segment, length }: Position): boolean {
    const live = this.#live.get(segment);
    if (live === undefined) return false;
    live.count--;
    live.bytes -= length;
    this.#bytes -= length;
    return live.count === 0 && this.#live.delete(segment);
  }

  isLive(segment: number): boolean {
    return this.#live.has(segment);
  }

  /**
   * Copying forward pays where most of the journal is done with: then each byte copied frees at
   * least one. Below some segments it is left alone. Beyond the bound room is worth more.
   */
  isMostlyDead(
    journalBytes: number,
    { segmentBytes, bytesMax }: { readonly segmentBytes: number; readonly bytesMax: number },
  ): boolean {
    const freedMin = journalBytes > bytesMax ? FREED_MIN_WHEN_FULL : 1;
    return journalBytes - this.#bytes >= freedMin * this.#bytes + 2 * segmentBytes;
  }
}
