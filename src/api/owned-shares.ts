// Memory for large requests and answers, shared out among the tenants whose they are.

import type { IncomingMessage } from "node:http";
import { Shares } from "../kernel/shares.ts";

/** Whose requests are whose, by the namespace's uuid: of those of which it is known. */
export type Owners = Pick<WeakMap<IncomingMessage, string>, "get" | "set">;

/** Of requests of which it is not known. */
const NOBODY = "";

export class OwnedShares {
  readonly bytesMax: number;
  readonly #shares: Shares;
  readonly #owners: Pick<Owners, "get">;

  /** @param bytesMax of all together */
  constructor(bytesMax: number, owners: Pick<Owners, "get">) {
    this.bytesMax = bytesMax;
    this.#shares = new Shares(bytesMax);
    this.#owners = owners;
  }

  /** Whose share a request's bytes are of. To be asked once: it may become known later. */
  ownerOf(request: IncomingMessage): string {
    return this.#owners.get(request) ?? NOBODY;
  }

  /** False, and nothing changes, where there is no room for so many bytes more. */
  take(owner: string, bytes: number): boolean {
    return this.#shares.take(owner, bytes);
  }

  giveBack(owner: string, bytes: number): void {
    this.#shares.giveBack(owner, bytes);
  }
}
