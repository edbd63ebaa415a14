// The room that large bodies have in memory, requests' and answers', from before they come until they are
// answered or taken. Where there is none they wait: nothing more is read of them. One tenant has half of
// it at most, so that others find some.

import type { IncomingMessage } from "node:http";
import { failure } from "../kernel/errors.ts";
import { MB } from "../kernel/units.ts";

export interface RoomWanted {
  readonly bytes: number;
  /** Whose it is, where that is known. */
  readonly owner?: string | undefined;
}

export interface RoomOptions {
  /** Of all large bodies together. */
  readonly bytesMax: number;
  readonly waitMs: number;
}

interface Held {
  bytes: number;
  readonly owner: string;
}

interface Waiter extends Held {
  readonly request: IncomingMessage;
  readonly enter: () => void;
  readonly timer: NodeJS.Timeout;
}

export class BodyRoom {
  readonly #options: RoomOptions;
  readonly #held = new Map<IncomingMessage, Held>();
  readonly #byOwner = new Map<string, number>();
  #bytes = 0;
  #waiting: Waiter[] = [];

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Resolves when there is room, which stays the request's until `free`. Rejects with `bodies-full`. */
  async take(request: IncomingMessage, { bytes, owner = "" }: RoomWanted): Promise<void> {
    const wanted = { bytes, owner };
    if (this.#hasShare(wanted) && this.#waiting.length === 0 && this.#fits(wanted)) {
      this.#hold(request, wanted);
      return;
    }
    await new Promise<void>((enter, reject) => {
      const timer = setTimeout(() => {
        this.#leave(request);
        reject(failure("bodies-full", { allowed: this.#options.bytesMax / MB }));
      }, this.#options.waitMs);
      this.#waiting.push({ request, ...wanted, enter, timer });
      this.#admit();
    });
  }

  /** In the order in which they came, but for those whose owner has a full share. */
  #admit(): void {
    for (const waiter of this.#waiting.filter((each) => this.#hasShare(each))) {
      if (!this.#hasShare(waiter)) continue;
      if (!this.#fits(waiter)) return;
      this.#leave(waiter.request);
      this.#hold(waiter.request, waiter);
      waiter.enter();
    }
  }

  #leave(request: IncomingMessage): void {
    clearTimeout(this.#waiting.find((each) => each.request === request)?.timer);
    this.#waiting = this.#waiting.filter((each) => each.request !== request);
  }

  #hasShare({ bytes, owner }: Held): boolean {
    const own = this.#byOwner.get(owner) ?? 0;
    return own === 0 || own + bytes <= this.#options.bytesMax / 2;
  }

  #fits({ bytes }: Held): boolean {
    return this.#bytes + bytes <= this.#options.bytesMax;
  }

  #hold(request: IncomingMessage, { bytes, owner }: Held): void {
    const before = this.#held.get(request)?.bytes ?? 0;
    this.#held.set(request, { bytes: before + bytes, owner });
    this.#count({ bytes, owner });
  }

  #count({ bytes, owner }: Held): void {
    this.#bytes += bytes;
    const own = (this.#byOwner.get(owner) ?? 0) + bytes;
    if (own === 0) this.#byOwner.delete(owner);
    else this.#byOwner.set(owner, own);
  }

  has(request: IncomingMessage): boolean {
    return this.#held.size > 0 && this.#held.has(request);
  }

  free(request: IncomingMessage): void {
    const held = this.#held.get(request);
    if (held === undefined) return;
    this.#held.delete(request);
    this.#count({ bytes: -held.bytes, owner: held.owner });
    this.#admit();
  }
}
