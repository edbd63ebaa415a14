// Large answers whose clients have not taken them: bounded together, and each in time. Whoever asks and
// does not read would otherwise have the platform keep what was asked for, for ever.

import { KB, SECOND_MS } from "../kernel/units.ts";
import { type BodyRoom, SMALL_BODY_BYTES } from "./body-room.ts";
import type { Exchange } from "./http.ts";

/** Milliseconds that every large answer may take, beside those that its length is given. */
const GRACE_MS = 60 * SECOND_MS;
/** Slower than any line that is worth waiting for: the largest list gets five minutes. */
const BYTES_PER_MS = (256 * KB) / SECOND_MS;

export class Answers {
  readonly #room: BodyRoom;
  readonly #graceMs: number;

  constructor(room: BodyRoom, graceMs: number = GRACE_MS) {
    this.#room = room;
    this.#graceMs = graceMs;
  }

  /** Resolves when there is room for an answer of which it is known how large it is going to be. Rejects with `bodies-full`. */
  async expect(exchange: Exchange, bytes: number): Promise<void> {
    if (bytes > SMALL_BODY_BYTES) await this.#room.take(exchange, bytes);
  }

  /**
   * False where there is no room for it. Else it counts, instead of what the request came with, until it
   * is taken, or its connection is gone, which is broken off where that lasts too long.
   */
  hold(exchange: Exchange, bytes: number): boolean {
    if (bytes <= SMALL_BODY_BYTES) {
      this.#room.free(exchange);
      return true;
    }
    if (!this.#room.resize(exchange, bytes)) return false;
    this.#freeWhenTaken(exchange, bytes);
    return true;
  }

  #freeWhenTaken(exchange: Exchange, bytes: number): void {
    const { request, response } = exchange;
    const { socket } = request;
    const timer = setTimeout(() => socket.destroy(), this.#graceMs + bytes / BYTES_PER_MS);
    const free = () => {
      // Where the connection ends, each of them may tell it, or, before its turn came, only the socket.
      clearTimeout(timer);
      response.off("close", free);
      socket.off("close", free);
      this.#room.free(exchange);
    };
    response.on("close", free);
    socket.on("close", free);
  }
}
