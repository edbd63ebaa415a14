// Large answers whose clients have not taken them: bounded together, and each in time. Whoever asks and
// does not read would otherwise have the platform keep what was asked for, for ever.

import { steadyClock } from "../kernel/clock.ts";
import { Pace } from "../kernel/pace.ts";
import { Turns } from "../kernel/turns.ts";
import { KB, SECOND_MS } from "../kernel/units.ts";
import { type BodyRoom, SMALL_BODY_BYTES } from "./body-room.ts";
import type { Exchange } from "./http.ts";
import type { Body } from "./portions.ts";

/** Milliseconds that every large answer may take, beside those that its length is given. */
const GRACE_MS = 60 * SECOND_MS;
/** Of entries that are printed in one piece, in characters: some milliseconds, if they are no larger. */
const PORTION_LENGTH = 64 * KB;
/** Slower than any line that is worth waiting for: the largest list gets five minutes. */
const BYTES_PER_MS = (256 * KB) / SECOND_MS;

export class Answers {
  readonly #room: BodyRoom;
  readonly #printing = new Turns();
  readonly #pace = new Pace(steadyClock);
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
   * The text of an array of entries that may be large, put together a portion at a time: whole it would hold
   * everybody up. One after the other for each owner, as what is being put together is in nobody's room.
   */
  print<Entry>(
    exchange: Exchange,
    list: () => Promise<Iterable<Entry>>,
    show: (entry: Entry) => object,
  ): Promise<Body> {
    return this.#printing.take(exchange.owner, async () => {
      const entries = (await list())[Symbol.iterator]();
      const first = printPortion(entries, show);
      if (first.isLast) return `[${first.text}]`;
      const pieces = [Buffer.from(`[${first.text}`)];
      for (;;) {
        const { text, isLast } = await this.#pace.run(exchange.owner, () =>
          printPortion(entries, show),
        );
        pieces.push(Buffer.from(text === "" ? "" : `,${text}`));
        if (isLast) break;
      }
      pieces.push(Buffer.from("]"));
      return pieces;
    });
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

/** Until it is as long as a portion, or no entry is left. */
function printPortion<Entry>(
  entries: Iterator<Entry>,
  show: (entry: Entry) => object,
): { readonly text: string; readonly isLast: boolean } {
  let text = "";
  for (let next = entries.next(); next.done !== true; next = entries.next()) {
    text += `${text === "" ? "" : ","}${JSON.stringify(show(next.value))}`;
    if (text.length >= PORTION_LENGTH) return { text, isLast: false };
  }
  return { text, isLast: true };
}
