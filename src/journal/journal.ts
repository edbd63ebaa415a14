// An append-only log with group commit: everything appended in one turn of the event loop is one
// write, and everything written while a sync runs is the next sync. Used by the bus and by the store
// of activations; it does not know what is in its frames.
//
//     appended ──end of turn──▶ written (survives `kill -9`) ──sync──▶ durable (survives loss of power)
//         └──────cannot be written──────▶ undone, the whole turn
//
// Frames are put together in one buffer, which measured twice as fast as handing over their parts.

import { closeSync, fdatasync, mkdirSync, openSync, readSync } from "node:fs";
import { type BriskError, failure } from "../kernel/errors.ts";
import { invariant } from "../kernel/invariant.ts";
import { KB, MB } from "../kernel/units.ts";
import { toFileFailure } from "./failures.ts";
import { SegmentWriter } from "./segment-writer.ts";
import {
  type Frame,
  HEADER_BYTES,
  type Position,
  readSegments,
  toSegmentPath,
  writeHeader,
} from "./segments.ts";
import { Unlinker } from "./unlinker.ts";

export interface JournalOptions {
  readonly directory: string;
  /** A segment that has reached it is closed. */
  readonly segmentBytes: number;
  /** Hears of a sync that failed: nothing more is taken then. */
  readonly broken?: ((cause: BriskError) => void) | undefined;
}

/** Bytes, or text that is written as UTF-8. */
export type Part = Buffer | string;

export type Undo = (cause: BriskError) => void;

interface Waiting {
  resolve(): void;
  reject(cause: unknown): void;
}

/** A turn in which more is appended is written in several pieces. */
const BATCH_BYTES = 4 * MB;
/** Of one UTF-16 code unit of a text. */
const UTF8_BYTES_MAX = 3;
/** The buffer's size at rest. */
const BUFFER_BYTES = 64 * KB;
/** How long what may be written lazily waits for something else to be written along with. */
const LAZY_MS = 10;

export class Journal implements AsyncDisposable {
  readonly #directory: string;
  readonly #writer: SegmentWriter;
  readonly #unlinker: Unlinker;
  /** Closed segments and their sizes, ascending. */
  readonly #closedSegments: Map<number, number>;
  #closedBytes = 0;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #filled = 0;
  #undo: Undo[] = [];
  #written: Waiting | undefined;
  #writtenPromise: Promise<void> | undefined;
  #durable: Waiting[] = [];
  #scheduled = false;
  #lazyTimer: NodeJS.Timeout | undefined;
  /** Written, and waiting for the sync after the one that runs. */
  #unsynced: Waiting[] = [];
  #dirty: boolean;
  #syncing: Promise<void> | undefined;
  #reading: { readonly segment: number; readonly fd: number } | undefined;

  /** Hands over every frame that is there, oldest first; then it can be appended to. */
  constructor(options: JournalOptions, take: (frame: Frame) => void) {
    const { directory, segmentBytes, broken = () => {} } = options;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.#closedSegments = readSegments(directory, take);
      const segment = [...this.#closedSegments.keys()].at(-1) ?? 1;
      const size = this.#closedSegments.get(segment) ?? 0;
      this.#closedSegments.delete(segment);
      this.#writer = new SegmentWriter({ directory, segmentBytes, segment, size, broken });
    } catch (cause) {
      throw toFileFailure(directory, cause);
    }
    for (const size of this.#closedSegments.values()) this.#closedBytes += size;
    // A killed process may have left what no sync has covered.
    this.#dirty = this.#writer.size > 0;
    this.#directory = directory;
    this.#unlinker = new Unlinker(directory);
  }

  /** Of all segments together, with what is about to be written. */
  get bytes(): number {
    return this.#closedBytes + this.#writer.size + this.#filled;
  }

  /** In ascending order, without the one that is being written. */
  get closedSegments(): IterableIterator<number> {
    return this.#closedSegments.keys();
  }

  /** Where what is written ends. */
  get end(): { readonly segment: number; readonly offset: number } {
    return { segment: this.#writer.segment, offset: this.#writer.size };
  }

  /** Of a closed segment, or of the one being written. */
  sizeOf(segment: number): number {
    return segment === this.#writer.segment
      ? this.#writer.size
      : (this.#closedSegments.get(segment) ?? 0);
  }

  /** The parts are one frame's payload. `undo` is called if the frame cannot be written. */
  append(parts: readonly Part[], undo?: Undo): Position {
    const position = this.#add(parts, undo);
    this.#schedule();
    return position;
  }

  /** As `append`, but may wait some milliseconds for a write that is made anyway. */
  appendLazily(parts: readonly Part[], undo?: Undo): void {
    this.#add(parts, undo);
    this.#lazyTimer ??= setTimeout(() => {
      this.#lazyTimer = undefined;
      this.#flush();
    }, LAZY_MS).unref();
  }

  #add(parts: readonly Part[], undo: Undo | undefined): Position {
    if (this.#filled >= BATCH_BYTES) this.#flush();
    if (this.#filled === 0) this.#beginBatch();
    const at = this.#filled;
    let to = at + HEADER_BYTES;
    for (const part of parts) to = this.#put(part, to);
    const length = to - at - HEADER_BYTES;
    writeHeader(this.#buffer, at, length);
    this.#filled = to;
    if (undo !== undefined) this.#undo.push(undo);
    const { segment, size } = this.#writer;
    return { segment, offset: size + at + HEADER_BYTES, length };
  }

  /** Returns where it ends. */
  #put(part: Part, at: number): number {
    if (typeof part === "string") {
      this.#reserve(at + part.length * UTF8_BYTES_MAX);
      return at + this.#buffer.write(part, at);
    }
    this.#reserve(at + part.length);
    this.#buffer.set(part, at);
    return at + part.length;
  }

  /** A batch is never spread over two segments, so that it can be undone. */
  #beginBatch(): void {
    const { segment, size } = this.#writer;
    if (!this.#writer.advance()) return;
    this.#closedSegments.set(segment, size);
    this.#closedBytes += size;
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#buffer.length));
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Of what has been appended in this turn. */
  written(): Promise<void> {
    if (this.#filled === 0) return RESOLVED;
    this.#schedule();
    this.#writtenPromise ??= new Promise((resolve, reject) => {
      this.#written = { resolve, reject };
    });
    return this.#writtenPromise;
  }

  /** Of what has been appended so far. */
  durable(): Promise<void> {
    if (this.#filled === 0 && this.#syncing === undefined) {
      const { refusal } = this.#writer;
      // What a sync that failed was to cover may be lost, and the next one would not tell.
      if (refusal !== undefined) return Promise.reject(refusal);
      if (!this.#dirty) return RESOLVED;
    }
    this.#schedule();
    return new Promise((resolve, reject) => this.#durable.push({ resolve, reject }));
  }

  #flush(): void {
    const filled = this.#filled;
    const undo = this.#undo;
    const written = this.#written;
    const durable = this.#durable;
    this.#filled = 0;
    this.#written = undefined;
    this.#writtenPromise = undefined;
    if (undo.length > 0) this.#undo = [];
    if (durable.length > 0) this.#durable = [];
    if (filled > 0) {
      const cause = this.#writer.write(this.#buffer, filled);
      if (this.#buffer.length > BATCH_BYTES) this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
      if (cause !== undefined) {
        for (const undoOne of undo) undoOne(cause);
        written?.reject(cause);
        for (const { reject } of durable) reject(cause);
        return;
      }
      this.#dirty = true;
      written?.resolve();
    }
    if (this.#writer.wantsSync) this.#unsynced.push(this.#writer.toSynced());
    if (durable.length > 0) this.#unsynced.push(...durable);
    if (this.#unsynced.length > 0) this.#syncing ??= this.#sync();
  }

  async #sync(): Promise<void> {
    while (this.#unsynced.length > 0) {
      const waiting = this.#unsynced;
      this.#unsynced = [];
      this.#dirty = false;
      const cause = await this.#syncOnce();
      for (const { resolve, reject } of waiting) {
        if (cause === undefined) resolve();
        else reject(cause);
      }
    }
    this.#syncing = undefined;
  }

  #syncOnce(): Promise<BriskError | undefined> {
    return new Promise((resolve) => {
      // Segments before this one are synced already.
      fdatasync(this.#writer.fd, (cause) => {
        if (cause !== null) this.#writer.break(cause);
        this.#writer.closeRetired();
        resolve(this.#writer.refusal);
      });
    });
  }

  /** Of a frame that is written or about to be. */
  read({ segment, offset, length }: Position): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    const { segment: current, size, fd } = this.#writer;
    if (segment === current && offset > size) {
      this.#buffer.copy(bytes, 0, offset - size, offset - size + length);
      return bytes;
    }
    try {
      const from = segment === current ? fd : this.#openForReading(segment);
      const count = readSync(from, bytes, 0, length, offset);
      invariant(count === length, "what was written to the journal is in it");
      return bytes;
    } catch (cause) {
      throw toFileFailure(this.#directory, cause);
    }
  }

  /** Kept open, as what is read after a message is mostly the next one. */
  #openForReading(segment: number): number {
    if (this.#reading?.segment !== segment) {
      this.#closeReading();
      const fd = openSync(toSegmentPath(this.#directory, segment), "r");
      this.#reading = { segment, fd };
    }
    return this.#reading?.fd ?? -1;
  }

  #closeReading(): void {
    if (this.#reading !== undefined) closeSync(this.#reading.fd);
    this.#reading = undefined;
  }

  /** Deletes a closed segment, after all that were dropped before. */
  drop(segment: number): void {
    const size = this.#closedSegments.get(segment);
    if (size === undefined) return;
    if (this.#reading?.segment === segment) this.#closeReading();
    this.#closedSegments.delete(segment);
    this.#closedBytes -= size;
    this.#unlinker.add(segment);
  }

  /** Closes the segment that is being written, if it holds anything, so that it can be dropped. */
  rotate(): void {
    this.#flush();
    this.#writer.finish();
    this.#beginBatch();
  }

  /** Everything appended that can be written is durable afterwards; nothing can be appended. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#lazyTimer);
    try {
      this.#flush();
      await this.durable();
    } finally {
      this.#writer.refuse(failure("stopping"));
      await this.#syncing;
      await this.#unlinker.settled();
      this.#closeReading();
      this.#writer.close();
    }
  }
}

const RESOLVED: Promise<void> = Promise.resolve();
