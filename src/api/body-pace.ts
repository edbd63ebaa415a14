// How fast large bodies are read: so much in a millisecond, whoever sends it, and then it is others' turn.
// Without it the loop reads two megabytes from each connection before it looks at the next, and has hardly
// time for anything else.

import type { IncomingMessage } from "node:http";
import { KB } from "../kernel/units.ts";

/** Some 0.2 ms of work. */
const TURN_BYTES = 256 * KB;
const TURN_EVERY_MS = 1;

export class BodyPace {
  #left = TURN_BYTES;
  #paused: IncomingMessage[] = [];
  #isTurning = false;

  /** Of a body that is read as its pieces come: what is beyond the turn's waits in its socket. */
  took(request: IncomingMessage, bytes: number): void {
    this.#left -= bytes;
    if (this.#left <= 0) {
      request.pause();
      this.#paused.push(request);
    }
    this.#awaitTurn();
  }

  #awaitTurn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    setTimeout(() => {
      this.#isTurning = false;
      this.#left = TURN_BYTES;
      this.#paused.shift()?.resume();
      if (this.#paused.length > 0) this.#awaitTurn();
    }, TURN_EVERY_MS);
  }
}
