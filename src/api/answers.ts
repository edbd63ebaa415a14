// Large answers whose clients have not taken them: bounded together, and each in time. Whoever asks and
// does not read would otherwise have the platform keep what was asked for, for ever.

import type { IncomingMessage, ServerResponse } from "node:http";
import { KB, SECOND_MS } from "../kernel/units.ts";
import type { OwnedShares } from "./owned-shares.ts";

/** Milliseconds that every large answer may take, beside those that its length is given. */
const GRACE_MS = 60 * SECOND_MS;

/** Up to here an answer costs about what its connection does, and is not counted. */
const SMALL_BYTES = 64 * KB;
/** Slower than any line that is worth waiting for: the largest list gets five minutes. */
const BYTES_PER_MS = (256 * KB) / SECOND_MS;

export class Answers {
  readonly #shares: OwnedShares;
  readonly #graceMs: number;

  /** @param shares of the bytes of all large answers that are on their way */
  constructor(shares: OwnedShares, graceMs: number = GRACE_MS) {
    this.#shares = shares;
    this.#graceMs = graceMs;
  }

  /**
   * False, and nothing changes, where there is no room for it. Else it counts until it is taken, or its
   * connection is gone, which is broken off where that lasts too long.
   */
  hold(
    { request, response }: { request: IncomingMessage; response: ServerResponse },
    bytes: number,
  ): boolean {
    if (bytes <= SMALL_BYTES) return true;
    const owner = this.#shares.ownerOf(request);
    if (!this.#shares.take(owner, bytes)) return false;
    const { socket } = request;
    const timer = setTimeout(() => socket.destroy(), this.#graceMs + bytes / BYTES_PER_MS);
    let isFree = false;
    const free = () => {
      // Where the connection ends, each of them may tell it, or, before its turn came, only the socket.
      if (isFree) return;
      isFree = true;
      clearTimeout(timer);
      response.off("close", free);
      socket.off("close", free);
      this.#shares.giveBack(owner, bytes);
    };
    response.on("close", free);
    socket.on("close", free);
    return true;
  }
}
