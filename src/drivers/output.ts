// A container's output: read all the time, so that nobody waits for a reader, but at a bounded pace,
// so that one that never stops writing does not keep the platform from everything else.

import type { Readable } from "node:stream";
import { MB } from "../kernel/units.ts";
import type { Output } from "./port.ts";

/**
 * What one container may have read in a window: a largest result passes in one, and 40 MB/s take a few
 * hundredths of a core to read.
 */
const WINDOW_MS = 50;
const WINDOW_BYTES_MAX = 2 * MB;
/** Enough for what an interpreter says when it runs out of memory. */
const TAIL_BYTES_MAX = 4096;

export interface ContainerStreams {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The connection with the launcher. It shares the pace: tenant code can write to it as well. */
  readonly connection: Readable;
}

export class OutputReader {
  readonly #streams: readonly Readable[];
  #listener: ((output: Output) => void) | undefined;
  #windowStart = 0;
  #windowBytes = 0;
  #resume: NodeJS.Timeout | undefined;
  #tail: Buffer = Buffer.alloc(0);

  constructor(streams: ContainerStreams) {
    const { stdout, stderr, connection } = streams;
    this.#streams = [stdout, stderr, connection];
    stdout.on("data", (bytes: Buffer) => this.#take("stdout", bytes));
    stderr.on("data", (bytes: Buffer) => {
      this.#keepTail(bytes);
      this.#take("stderr", bytes);
    });
    connection.on("data", (bytes: Buffer) => this.#count(bytes.length));
    for (const stream of this.#streams) stream.on("error", () => stream.destroy());
  }

  /** Where output goes from here on; `undefined` throws it away. */
  listen(listener: ((output: Output) => void) | undefined): void {
    this.#listener = listener;
  }

  /** The last of stderr: why a container ended, for those who must tell the ways apart. */
  get errorTail(): string {
    return this.#tail.toString("latin1");
  }

  /**
   * Calls back once everything has been passed on that was written before now: it is in the sockets
   * already, and a round of the event loop reads them empty. What was read from the connection may be
   * ahead of a socket by one round: the kernel looks at one after the other, and finds the first one empty
   * where it is written to just then. So `rounds` is 2 where there may be something to wait for.
   */
  afterRounds(rounds: number, done: () => void): void {
    let left = rounds;
    if (this.#resume !== undefined) {
      // Held back. Streams that flow again are read from the next round on.
      this.#flow();
      left = 2;
    }
    const next = (): void => {
      left -= 1;
      if (left > 0) setImmediate(next);
      else done();
    };
    setImmediate(next);
  }

  close(): void {
    clearTimeout(this.#resume);
    this.#resume = undefined;
    for (const stream of this.#streams) stream.destroy();
  }

  #take(stream: Output["stream"], bytes: Buffer): void {
    this.#listener?.({ stream, bytes, at: Date.now() });
    this.#count(bytes.length);
  }

  #count(bytes: number): void {
    const now = performance.now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#windowBytes = 0;
    }
    this.#windowBytes += bytes;
    if (this.#windowBytes <= WINDOW_BYTES_MAX || this.#resume !== undefined) return;
    for (const stream of this.#streams) stream.pause();
    this.#resume = setTimeout(() => this.#flow(), WINDOW_MS);
  }

  #flow(): void {
    clearTimeout(this.#resume);
    this.#resume = undefined;
    for (const stream of this.#streams) stream.resume();
  }

  #keepTail(bytes: Buffer): void {
    this.#tail =
      bytes.length >= TAIL_BYTES_MAX
        ? Buffer.from(bytes.subarray(-TAIL_BYTES_MAX))
        : Buffer.concat([this.#tail.subarray(bytes.length - TAIL_BYTES_MAX), bytes]);
  }
}
