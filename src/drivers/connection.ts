// The driver's end of the connection with a launcher. What is sent in one turn is one write, and whatever
// the launcher has said is heard before its end is: which runs have begun is told by the answers before
// them, and what has begun must not run again.

import { readSync } from "node:fs";
import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { KB } from "../kernel/units.ts";

const CHUNK_BYTES = 64 * KB;
/** Some 0.1 ms of work. What is read as fast as it is written would all be written in one turn. */
const SLICE_BYTES = 128 * KB;

export class Connection {
  readonly #socket: Duplex;
  readonly #take: (chunk: Buffer) => void;
  #unsent = "";
  #isReadToEnd = false;
  #isSlicing = false;

  constructor(socket: Duplex, take: (chunk: Buffer) => void) {
    this.#socket = socket;
    this.#take = take;
    socket.on("data", take);
    socket.on("end", () => {
      this.#isReadToEnd = true;
    });
    socket.on("error", (cause) => {
      // Where it ends with something unread on its side, the kernel tells so after all that it wrote.
      if (isReset(cause)) this.#isReadToEnd = true;
    });
  }

  /** All that is sent in one turn is one write; bytes, of which there are many, are sent over several. */
  send(message: string | Uint8Array): void {
    if (typeof message !== "string") {
      void this.#sendSlices(message);
      return;
    }
    if (this.#unsent === "" && !this.#isSlicing) process.nextTick(() => this.#write());
    this.#unsent += message;
  }

  /** What is sent meanwhile waits. */
  async #sendSlices(bytes: Uint8Array): Promise<void> {
    this.#write();
    this.#isSlicing = true;
    for (let at = 0; at < bytes.byteLength && !this.#socket.destroyed; at += SLICE_BYTES) {
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      // Called also where it cannot be written, and the socket is closed.
      await new Promise((resolve) => this.#socket.write(slice, resolve));
      await nextTurn();
    }
    this.#isSlicing = false;
    this.#write();
  }

  #write(): void {
    if (this.#isSlicing) return;
    const text = this.#unsent;
    this.#unsent = "";
    if (text === "") return;
    this.#socket.write(text);
    if (this.#socket.errored !== null && !this.#isReadToEnd) this.#readRest();
  }

  /** What cannot be written to is closed by Node in the next tick, whatever there still is to be read. */
  #readRest(): void {
    const { _handle: handle } = this.#socket as { _handle?: { readonly fd?: number } | null };
    if (handle?.fd === undefined || this.#socket.destroyed) return;
    for (;;) {
      const chunk = (this.#socket.read() as Buffer | null) ?? readNow(handle.fd);
      if (chunk === undefined) return;
      this.#isReadToEnd = chunk.length === 0;
      if (this.#isReadToEnd) return;
      this.#take(chunk);
    }
  }

  /** Waits no longer than that. @returns whether all has been read that was written */
  async readToEnd(msMax: number): Promise<boolean> {
    const socket = this.#socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, msMax);
    socket.once("end", resolve).once("close", resolve);
    if (!this.#isReadToEnd && !socket.destroyed) await promise;
    clearTimeout(late);
    return this.#isReadToEnd;
  }
}

/** Nothing where nothing is there yet, and no bytes at the end. */
function readNow(fd: number): Buffer | undefined {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    return chunk.subarray(0, readSync(fd, chunk));
  } catch (cause) {
    return isReset(cause) ? chunk.subarray(0, 0) : undefined;
  }
}

function isReset(cause: unknown): boolean {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  return code === "ECONNRESET" && syscall === "read";
}
