// Memory for what is large and under way, shared out among tenants: one may have half of what the others
// leave. So however many there are that take all they get, something is left for the next.

import type { IncomingMessage } from "node:http";

/** Whose requests are whose, by the namespace's uuid: of those of which it is known. */
export type Owners = Pick<WeakMap<IncomingMessage, string>, "get" | "set">;

/** Of requests of which it is not known. */
const NOBODY = "";

export class Shares {
  readonly bytesMax: number;
  readonly #owners: Pick<Owners, "get">;
  readonly #byOwner = new Map<string, number>();
  #bytes = 0;

  /** @param bytesMax of all together */
  constructor(bytesMax: number, owners: Pick<Owners, "get">) {
    this.bytesMax = bytesMax;
    this.#owners = owners;
  }

  /** Whose share a request's bytes are of. To be asked once: it may become known later. */
  ownerOf(request: IncomingMessage): string {
    return this.#owners.get(request) ?? NOBODY;
  }

  /** False, and nothing changes, where there is no room for so many bytes more. */
  take(owner: string, bytes: number): boolean {
    const own = this.#byOwner.get(owner) ?? 0;
    const left = this.bytesMax - (this.#bytes - own);
    if (own + bytes > left / 2) return false;
    this.#byOwner.set(owner, own + bytes);
    this.#bytes += bytes;
    return true;
  }

  giveBack(owner: string, bytes: number): void {
    const own = (this.#byOwner.get(owner) ?? 0) - bytes;
    if (own > 0) this.#byOwner.set(owner, own);
    else this.#byOwner.delete(owner);
    this.#bytes -= bytes;
  }
}
