// The driver's end of the connection with a launcher. What is sent in one turn is one write, and whatever
// the launcher has said is heard before its end is: which runs have begun is told by the answers before
// them, and what has begun must not run again.

import { readSync } from "node:fs";
import type { Duplex } from "node:stream";
import { KB } from "../kernel/units.ts";

const CHUNK_BYTES = 64 * KB;

export class Connection {
  readonly #socket: Duplex;
  readonly #take: (chunk: Buffer) => void;
  #unsent = "";
  #isReadToEnd = false;

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

  /** All that is sent in one turn is one write, but for bytes, which are not copied into it. */
  send(message: string | Uint8Array): void {
    if (typeof message !== "string") {
      this.#write();
      this.#socket.write(message);
      return;
    }
    if (this.#unsent === "") process.nextTick(() => this.#write());
    this.#unsent += message;
  }

  #write(): void {
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
