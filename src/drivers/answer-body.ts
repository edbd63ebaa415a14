// The body of an answer that comes in pieces: each handed to its sink, and so much asked for as the sink
// has taken. Whoever sends is hostile: it has the credit that it was given, and no more is read.

import { decodeBase64 } from "../kernel/base64.ts";
import { KB } from "../kernel/units.ts";
import type { BodySink } from "./port.ts";
import { encodeCancel, encodeGrant, PIECE_COST } from "./wire.ts";

/** What may be on its way or not yet taken, beside one piece: enough for the way there and back. */
const CREDIT = 256 * KB;
/** Given back in parts of this size: fewer messages, and the sender need not wait for the whole. */
const GRANT_MIN: number = CREDIT / 4;

export interface AnswerBodyEvents {
  /** Writes to the launcher. */
  readonly send: (message: string) => void;
  /** Called once, where nobody wants the rest. */
  readonly unwanted: () => void;
}

export class AnswerBody {
  readonly #seq: number;
  readonly #sink: BodySink;
  readonly #events: AnswerBodyEvents;
  #credit = CREDIT;
  /** What was taken, and is not given back yet. */
  #taken = 0;
  #isOver = false;

  constructor(seq: number, sink: BodySink, events: AnswerBodyEvents) {
    this.#seq = seq;
    this.#sink = sink;
    this.#events = events;
    const { unwanted } = sink;
    if (unwanted.aborted) this.#stop();
    else {
      events.send(encodeGrant(seq, CREDIT));
      unwanted.addEventListener("abort", () => this.#stop(), { once: true });
    }
  }

  /** False where it is no piece, or more than was asked for. */
  take(text: string): boolean {
    const bytes = decodeBase64(text);
    if (bytes === undefined || this.#credit <= 0) return false;
    const cost = bytes.length + PIECE_COST;
    this.#credit -= cost;
    void this.#sink.write(bytes).then(() => this.#giveBack(cost));
    return true;
  }

  #giveBack(cost: number): void {
    this.#taken += cost;
    if (this.#taken < GRANT_MIN || this.#isOver) return;
    this.#credit += this.#taken;
    this.#events.send(encodeGrant(this.#seq, this.#taken));
    this.#taken = 0;
  }

  /** The answer behind the last piece has come, or never will. */
  end(): void {
    this.#isOver = true;
  }

  /** The launcher sends no more, and the action hears that it need not go on. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.send(encodeCancel(this.#seq));
  }

  #stop(): void {
    if (this.#isOver) return;
    this.cancel();
    this.#events.unwanted();
  }
}
