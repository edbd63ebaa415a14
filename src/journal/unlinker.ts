// Deletes segments off the event loop's thread, one after the other: freeing the pages of one takes
// milliseconds. A mark in a later segment must not go before the frame that it is about, so one
// that cannot be deleted keeps those behind it, and is tried again with the next.

import { unlink } from "node:fs/promises";
import { toSegmentPath } from "./segments.ts";

export class Unlinker {
  readonly #directory: string;
  readonly #doomed: number[] = [];
  #running: Promise<void> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  add(segment: number): void {
    this.#doomed.push(segment);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    for (let [segment] = this.#doomed; segment !== undefined; [segment] = this.#doomed) {
      try {
        await unlink(toSegmentPath(this.#directory, segment));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "ENOENT") break;
      }
      this.#doomed.shift();
    }
    this.#running = undefined;
  }

  /** Resolves when nothing is being deleted. */
  async settled(): Promise<void> {
    await this.#running;
  }
}
