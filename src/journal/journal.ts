// An append-only log with group commit: everything appended in one turn of the event loop is one
// write, and everything written while a sync runs is the next sync. Used by the bus and by the store
// of activations; it does not know what is in its frames.
//
// A frame is `written` (survives `kill -9`) at the end of the turn, `durable` (survives loss of power)
// after a sync. A batch that cannot be written is undone as a whole.

import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  unlinkSync,
  writevSync,
} from "node:fs";
import { type BriskError, failure } from "../kernel/errors.ts";
import {
  type Frame,
  HEADER_BYTES,
  listSegments,
  type Position,
  readSegment,
  syncDirectory,
  toHeader,
  toSegmentPath,
} from "./segments.ts";

export interface JournalOptions {
  readonly directory: string;
  /** A segment that has reached it is closed. */
  readonly segmentBytes: number;
}

interface Waiting {
  resolve(): void;
  reject(cause: unknown): void;
}

/** What was appended in one turn. */
interface Batch {
  readonly parts: Buffer[];
  bytes: number;
  readonly undo: ((cause: BriskError) => void)[];
  readonly written: Waiting[];
  readonly durable: Waiting[];
  promise: Promise<void> | undefined;
}

export class Journal implements AsyncDisposable {
  readonly #options: JournalOptions;
  readonly #segments: Map<number, number>;
  #segment: number;
  #fd: number;
  /** Bytes of the open segment that are written. */
  #size: number;
  #batch: Batch = createBatch();
  #scheduled = false;
  #unsynced: Waiting[] = [];
  #syncing: Promise<void> | undefined;

  /** Hands over every frame that is there, oldest first; then it can be appended to. */
  constructor(options: JournalOptions, take: (frame: Frame) => void) {
    const { directory } = options;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const segments = listSegments(directory);
    const last = segments.at(-1) ?? 1;
    this.#options = options;
    this.#segments = new Map(
      segments.map((segment) => [
        segment,
        readSegment(directory, { segment, isLast: segment === last }, take),
      ]),
    );
    this.#segment = last;
    this.#fd = openSync(toSegmentPath(directory, last), "a+", 0o600);
    this.#size = this.#segments.get(last) ?? 0;
    this.#segments.set(last, this.#size);
  }

  /** Of all segments together, with what is about to be written. */
  get bytes(): number {
    let sum = this.#batch.bytes;
    for (const size of this.#segments.values()) sum += size;
    return sum;
  }

  /** In ascending order; the last one is being written. */
  get segments(): readonly number[] {
    return [...this.#segments.keys()];
  }

  /** The payload's parts are one frame. `undo` is called if the frame cannot be written. */
  append(payload: readonly Buffer[], undo?: (cause: BriskError) => void): Position {
    if (this.#size + this.#batch.bytes >= this.#options.segmentBytes) this.#rotate();
    const batch = this.#batch;
    const header = toHeader(payload);
    const offset = this.#size + batch.bytes + HEADER_BYTES;
    const length = header.readUInt32LE(0);
    batch.parts.push(header, ...payload);
    batch.bytes += HEADER_BYTES + length;
    if (undo !== undefined) batch.undo.push(undo);
    this.#schedule();
    return { segment: this.#segment, offset, length };
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  /** Of what has been appended in this turn. */
  written(): Promise<void> {
    const batch = this.#batch;
    if (batch.parts.length === 0) return WRITTEN;
    batch.promise ??= new Promise((resolve, reject) => batch.written.push({ resolve, reject }));
    return batch.promise;
  }

  /** Of what has been appended so far. */
  durable(): Promise<void> {
    this.#schedule();
    return new Promise((resolve, reject) => this.#batch.durable.push({ resolve, reject }));
  }

  read({ segment, offset, length }: Position): Buffer {
    if (segment === this.#segment && offset + length > this.#size) this.#flush();
    const bytes = Buffer.allocUnsafe(length);
    if (segment === this.#segment) {
      readSync(this.#fd, bytes, 0, length, offset);
      return bytes;
    }
    const fd = openSync(toSegmentPath(this.#options.directory, segment), "r");
    try {
      readSync(fd, bytes, 0, length, offset);
      return bytes;
    } finally {
      closeSync(fd);
    }
  }

  /** Deletes a segment other than the one being written. */
  drop(segment: number): void {
    if (segment === this.#segment || !this.#segments.delete(segment)) return;
    unlinkSync(toSegmentPath(this.#options.directory, segment));
  }

  /** Closes the segment being written, so that it can be dropped. */
  rotate(): void {
    if (this.#size + this.#batch.bytes > 0) this.#rotate();
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#batch;
    if (batch.parts.length > 0) {
      this.#batch = createBatch();
      const cause = this.#write(batch);
      if (cause !== undefined) {
        for (const undo of batch.undo) undo(cause);
        for (const { reject } of [...batch.written, ...batch.durable]) reject(cause);
        return;
      }
      for (const { resolve } of batch.written) resolve();
    }
    this.#unsynced.push(...batch.durable.splice(0));
    if (this.#unsynced.length > 0) this.#syncing ??= this.#sync();
  }

  /** The reason, where not all of it could be written; then none of it is. */
  #write(batch: Batch): BriskError | undefined {
    let written = 0;
    try {
      // More parts than a call takes are written by several.
      for (let from = 0; from < batch.parts.length; from += PARTS_MAX) {
        const parts = batch.parts.slice(from, from + PARTS_MAX);
        written += writevSync(this.#fd, parts);
      }
      if (written === batch.bytes) {
        this.#size += written;
        this.#segments.set(this.#segment, this.#size);
        return undefined;
      }
      ftruncateSync(this.#fd, this.#size);
      return failure("storage-full");
    } catch (cause) {
      ftruncateSync(this.#fd, this.#size);
      return toFailure(cause);
    }
  }

  async #sync(): Promise<void> {
    while (this.#unsynced.length > 0) {
      const waiting = this.#unsynced.splice(0);
      try {
        await syncData(this.#fd);
        for (const { resolve } of waiting) resolve();
      } catch (cause) {
        const reason = toFailure(cause);
        for (const { reject } of waiting) reject(reason);
      }
    }
    this.#syncing = undefined;
  }

  #rotate(): void {
    this.#flush();
    const next = this.#segment + 1;
    let fd: number;
    try {
      // What waits for a sync of the old file would otherwise be told of a sync of the next one.
      fdatasyncSync(this.#fd);
      fd = openSync(toSegmentPath(this.#options.directory, next), "ax+", 0o600);
      syncDirectory(this.#options.directory);
    } catch (cause) {
      // Where there is no room for a new file there may be for the end of this one: a full disk is
      // reported by the write.
      if (isFull(cause)) return;
      throw toFailure(cause);
    }
    const old = this.#fd;
    this.#fd = fd;
    this.#segment = next;
    this.#size = 0;
    this.#segments.set(next, 0);
    const close = () => closeSync(old);
    if (this.#syncing === undefined) close();
    else this.#syncing.then(close, close);
  }

  /** Everything appended is durable afterwards. */
  async [Symbol.asyncDispose](): Promise<void> {
    const durable = this.durable();
    this.#flush();
    await durable;
    await this.#syncing;
    closeSync(this.#fd);
  }
}

/** Of one writev call (IOV_MAX on Linux is 1024). */
const PARTS_MAX = 1024;

function createBatch(): Batch {
  return { parts: [], bytes: 0, undo: [], written: [], durable: [], promise: undefined };
}

function syncData(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (cause) => (cause === null ? resolve() : reject(cause)));
  });
}

const WRITTEN: Promise<void> = Promise.resolve();

function isFull(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
}

function toFailure(cause: unknown): BriskError {
  if (isFull(cause)) return failure("storage-full", undefined, cause);
  return failure("storage-failed", { detail: String((cause as Error).message) }, cause);
}
