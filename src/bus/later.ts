// Messages that are not due yet, of one topic: kept by their time, and given out when it has come.

import type { Clock } from "../kernel/clock.ts";
import type { Message } from "./journal-message.ts";

/** The longest that a timer takes. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class Later {
  /** The latest first, so that what is due is taken from the end. */
  readonly #messages: Message[] = [];
  readonly #clock: Clock;
  readonly #due: (message: Message) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, due: (message: Message) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get count(): number {
    return this.#messages.length;
  }

  add(message: Message): void {
    this.#messages.splice(this.#find(message), 0, message);
    this.#arm();
  }

  remove(message: Message): void {
    const at = this.#messages.indexOf(message);
    if (at !== -1) this.#messages.splice(at, 1);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Before what is due no later, so that among equals the first comes first. */
  #find({ publishedAt }: Message): number {
    let [low, high] = [0, this.#messages.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#messages[middle]?.publishedAt ?? 0) > publishedAt) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#messages.at(-1);
    if (next === undefined) return;
    const ms = Math.min(Math.max(next.publishedAt - this.#clock(), 0), TIMER_MS_MAX);
    this.#timer = setTimeout(() => this.#giveOut(), ms);
  }

  #giveOut(): void {
    const now = this.#clock();
    for (let next = this.#messages.at(-1); next !== undefined; next = this.#messages.at(-1)) {
      if (next.publishedAt > now) break;
      this.#messages.pop();
      this.#due(next);
    }
    this.#arm();
  }
}
