// The room that large bodies have in memory, requests' and answers', from before they come until they are
// answered or taken. Requests for which there is none wait: nothing more is read of them. Everybody may
// have half of what the others leave, so that whoever comes next finds some.

import { failure } from "../kernel/errors.ts";
import { Shares } from "../kernel/shares.ts";
import { KB, MB } from "../kernel/units.ts";
import type { Exchange } from "./http.ts";

/** Up to here a body costs about what its connection does, and is not counted. */
export const SMALL_BODY_BYTES: number = 64 * KB;

export interface RoomOptions {
  /** Of all large bodies together. */
  readonly bytesMax: number;
  readonly waitMs: number;
}

interface Held {
  /** As it was known first: what is given back is his who took it. */
  readonly owner: string;
  readonly bytes: number;
}

interface Waiter extends Held {
  readonly exchange: Exchange;
  readonly enter: () => void;
  readonly timer: NodeJS.Timeout;
}

export class BodyRoom {
  readonly #options: RoomOptions;
  readonly #shares: Shares;
  readonly #held = new Map<Exchange, Held>();
  #waiting: Waiter[] = [];

  constructor(options: RoomOptions) {
    this.#options = options;
    this.#shares = new Shares(options.bytesMax);
  }

  /** In MB. */
  get allowed(): number {
    return this.#options.bytesMax / MB;
  }

  /**
   * Resolves when there is room for so many bytes more, which stays the exchange's until `free`. Rejects
   * with `bodies-full`.
   */
  async take(exchange: Exchange, bytes: number): Promise<void> {
    const owner = this.#ownerOf(exchange);
    const isFirst = !this.#waiting.some((waiter) => waiter.owner === owner);
    if (isFirst && this.#grow(exchange, bytes)) return;
    await new Promise<void>((enter, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((waiter) => waiter.timer !== timer);
        reject(failure("bodies-full", { allowed: this.allowed }));
        // It may have been in the way of others of its owner's.
        this.#admit();
      }, this.#options.waitMs);
      this.#waiting.push({ exchange, owner, bytes, enter, timer });
    });
  }

  /**
   * Without waiting: what the exchange has becomes so much, or about. False where there is no room for
   * that; then it has none.
   */
  resize(exchange: Exchange, bytes: number): boolean {
    const { bytes: before } = this.#held.get(exchange) ?? { bytes: 0 };
    if (bytes < before) this.#shrink(exchange, before - bytes);
    if (bytes - before <= SMALL_BODY_BYTES || this.#grow(exchange, bytes - before)) return true;
    this.free(exchange);
    return false;
  }

  has(exchange: Exchange): boolean {
    return this.#held.size > 0 && this.#held.has(exchange);
  }

  /** For every exchange that ends. */
  free(exchange: Exchange): void {
    if (this.#held.size === 0) return;
    const held = this.#held.get(exchange);
    if (held !== undefined) this.#shrink(exchange, held.bytes);
  }

  #ownerOf(exchange: Exchange): string {
    return this.#held.get(exchange)?.owner ?? exchange.owner;
  }

  /** False, and nothing changes, where there is no room for so many bytes more. */
  #grow(exchange: Exchange, more: number): boolean {
    const owner = this.#ownerOf(exchange);
    if (!this.#shares.take(owner, more)) return false;
    this.#held.set(exchange, { owner, bytes: (this.#held.get(exchange)?.bytes ?? 0) + more });
    return true;
  }

  #shrink(exchange: Exchange, less: number): void {
    const { owner, bytes } = this.#held.get(exchange) ?? { owner: "", bytes: 0 };
    if (bytes > less) this.#held.set(exchange, { owner, bytes: bytes - less });
    else this.#held.delete(exchange);
    this.#shares.giveBack(owner, less);
    this.#admit();
  }

  /** In the order in which they came, of each owner; who needs less may find it before others. */
  #admit(): void {
    if (this.#waiting.length === 0) return;
    const full = new Set<string>();
    this.#waiting = this.#waiting.filter(({ exchange, owner, bytes, enter, timer }) => {
      if (full.has(owner)) return true;
      if (!this.#grow(exchange, bytes)) {
        full.add(owner);
        return true;
      }
      clearTimeout(timer);
      enter();
      return false;
    });
  }
}
