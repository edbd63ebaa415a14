// The segment that is being written, and the step to the next one.
//
//     writing ──reaches its size──▶ synced in the background, until little is left ──next batch──▶
//     the rest synced, next opened
//
// Long syncs run beside the writing, and only what came during the last is synced with everybody
// waiting: a whole segment takes tens of milliseconds.

import { close, closeSync, fdatasyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { BriskError } from "../kernel/errors.ts";
import { KB } from "../kernel/units.ts";
import { toFileFailure } from "./failures.ts";
import { syncDirectory, toSegmentPath } from "./segments.ts";

interface SegmentWriterOptions {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly segment: number;
  readonly size: number;
  /** Hears of a sync that failed. */
  readonly broken: (cause: BriskError) => void;
}

/** Where the next segment cannot be opened, the present one grows by this share before it is tried again. */
const RETRY_SHARE = 8;
/** What may be synced with everybody waiting: a millisecond or two. */
const UNSYNCED_BYTES_MAX = 256 * KB;
/** Where writing outruns the disk, a segment grows to so many times its size, and no further. */
const OVERSIZE = 4;

export class SegmentWriter {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #broken: (cause: BriskError) => void;
  #segment: number;
  #size: number;
  #fd: number;
  /** Left open while a sync of them may run. */
  #retired: number[] = [];
  /** From this size on the segment is to be synced, then closed. */
  #fullAt: number;
  /** Bytes that a sync has covered, and whether another is asked for. */
  #syncedTo = 0;
  #syncAsked = false;
  /** A write that failed could not be cut off: it must be before the next one. */
  #torn = false;
  #refusal: BriskError | undefined;

  constructor({ directory, segmentBytes, segment, size, broken }: SegmentWriterOptions) {
    this.#directory = directory;
    this.#broken = broken;
    this.#segmentBytes = segmentBytes;
    this.#fullAt = segmentBytes;
    this.#segment = segment;
    this.#size = size;
    this.#fd = openSync(toSegmentPath(directory, segment), "a+", PRIVATE_FILE);
  }

  get segment(): number {
    return this.#segment;
  }

  get size(): number {
    return this.#size;
  }

  get fd(): number {
    return this.#fd;
  }

  get refusal(): BriskError | undefined {
    return this.#refusal;
  }

  /** Nothing is written from now on. */
  refuse(cause: BriskError): void {
    this.#refusal ??= cause;
  }

  /** After a failed sync nobody knows what of the file is on the disk: it has to be read again. */
  break(reason: unknown): void {
    const cause = toFileFailure(this.#directory, reason);
    this.refuse(cause);
    this.#broken(cause);
  }

  /** All of it, or the reason, and none of it. */
  write(buffer: Buffer, length: number): BriskError | undefined {
    if (this.#refusal !== undefined) return this.#refusal;
    try {
      if (this.#torn) this.#cutOff();
      this.#torn = true;
      for (let from = 0; from < length; ) from += writeSync(this.#fd, buffer, from, length - from);
      this.#torn = false;
      this.#size += length;
      return undefined;
    } catch (cause) {
      const reason = toFileFailure(this.#directory, cause);
      try {
        this.#cutOff();
      } catch {
        // It stays torn, and is cut off before the next write.
      }
      return reason;
    }
  }

  #cutOff(): void {
    ftruncateSync(this.#fd, this.#size);
    this.#torn = false;
  }

  get wantsSync(): boolean {
    return !this.#syncAsked && this.#size >= this.#fullAt && this.#unsynced > UNSYNCED_BYTES_MAX;
  }

  get #unsynced(): number {
    return this.#size - this.#syncedTo;
  }

  /** To be told of the sync that it wants. */
  toSynced(): { resolve(): void; reject(): void } {
    const segment = this.#segment;
    const size = this.#size;
    this.#syncAsked = true;
    const end = () => {
      if (segment === this.#segment) this.#syncAsked = false;
    };
    return {
      resolve: () => {
        end();
        if (segment === this.#segment) this.#syncedTo = size;
      },
      reject: end,
    };
  }

  /** Asks for the next segment at the next chance. */
  finish(): void {
    this.#fullAt = 0;
  }

  /** Opens the next segment if it is time, and says whether it did. */
  advance(): boolean {
    if (this.#size < this.#fullAt || this.#size === 0) return false;
    const mustNotWait = this.#size >= OVERSIZE * this.#fullAt;
    if (this.#unsynced > UNSYNCED_BYTES_MAX && !mustNotWait) return false;
    if (this.#refusal !== undefined || this.#torn) return false;
    if (!this.#syncNow()) return false;
    const fd = this.#openNext();
    if (fd === undefined) {
      this.#fullAt = this.#size + Math.ceil(this.#segmentBytes / RETRY_SHARE);
      return false;
    }
    this.#retired.push(this.#fd);
    this.#fd = fd;
    this.#segment++;
    this.#size = 0;
    this.#fullAt = this.#segmentBytes;
    this.#syncedTo = 0;
    this.#syncAsked = false;
    return true;
  }

  #syncNow(): boolean {
    try {
      fdatasyncSync(this.#fd);
      return true;
    } catch (cause) {
      this.break(cause);
      return false;
    }
  }

  /** Where there is no room for a file there may be for the end of this one; if not, the write tells. */
  #openNext(): number | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(toSegmentPath(this.#directory, this.#segment + 1), "a+", PRIVATE_FILE);
      syncDirectory(this.#directory);
      return fd;
    } catch {
      if (fd !== undefined) closeSync(fd);
      return undefined;
    }
  }

  /** Once no sync of them runs. Off the thread, as the last one frees the pages of a deleted file. */
  closeRetired(): void {
    for (const fd of this.#retired.splice(0)) close(fd);
  }

  close(): void {
    this.closeRetired();
    closeSync(this.#fd);
  }
}

const PRIVATE_FILE = 0o600;
