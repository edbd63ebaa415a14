// One topic of the journal bus: who subscribes, what waits, and how much is in flight.

import type { Clock } from "../kernel/clock.ts";
import { invariant } from "../kernel/invariant.ts";
import type { Message } from "./journal-message.ts";
import { Later } from "./later.ts";
import type { SubscribeOptions } from "./port.ts";

/** Messages handed over in one turn where many wait, so that others get their turn too. */
const DELIVERED_AT_ONCE = 256;

export class Topic {
  readonly name: string;
  readonly #later: Later;
  /** Due and not delivered, in order. */
  readonly #waiting = new Set<Message>();
  /** Delivered and not done. */
  #inFlight = 0;
  #subscriber: SubscribeOptions | undefined;
  #pumping = false;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#later = new Later(clock, (message) => this.#enqueue(message));
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Messages that are not done. */
  get count(): number {
    return this.#later.count + this.#waiting.size + this.#inFlight;
  }

  subscribe(options: SubscribeOptions): void {
    invariant(this.#subscriber === undefined, "a topic has one subscriber");
    this.#subscriber = options;
    this.#pump();
  }

  unsubscribe(): void {
    this.#subscriber = undefined;
  }

  /** For a message of an earlier process: it is delivered when somebody subscribes. */
  recover(message: Message): void {
    if (message.later) this.#later.add(message);
    else this.#waiting.add(message);
  }

  /** At once where nothing stands before it: so its message and its start mark are one write. */
  offer(message: Message): void {
    if (message.later) {
      this.#later.add(message);
    } else if (this.#hasRoom && this.#waiting.size === 0) {
      this.#deliver(message);
    } else {
      this.#enqueue(message);
    }
  }

  #enqueue(message: Message): void {
    this.#waiting.add(message);
    this.#pump();
  }

  close(): void {
    this.#later.close();
  }

  /** It is done, or lost. */
  settle(message: Message): void {
    if (message.delivered) this.#inFlight--;
    else if (!this.#waiting.delete(message) && message.later) this.#later.remove(message);
    this.#pump();
  }

  get #hasRoom(): boolean {
    return this.#subscriber !== undefined && this.#inFlight < this.#subscriber.inFlightMax;
  }

  #deliver(message: Message): void {
    this.#inFlight++;
    message.delivered = true;
    this.#subscriber?.deliver(message);
  }

  #pump(): void {
    if (this.#pumping || this.#waiting.size === 0 || !this.#hasRoom) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      let left = DELIVERED_AT_ONCE;
      for (const message of this.#waiting) {
        if (!this.#hasRoom || left-- === 0) break;
        this.#waiting.delete(message);
        this.#deliver(message);
      }
      this.#pump();
    });
  }
}
