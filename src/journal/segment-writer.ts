// The segment that is being written, and the step to the next one.
//
//     writing ──reaches its size──▶ synced in the background ──next batch──▶ the rest synced, next opened
//
// The long sync runs beside the writing, and only what came meanwhile is synced with everybody
// waiting: a whole segment takes tens of milliseconds.

import { close, closeSync, fdatasyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { BriskError } from "../kernel/errors.ts";
import { toFileFailure } from "./failures.ts";
import { syncDirectory, toSegmentPath } from "./segments.ts";

interface SegmentWriterOptions {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly segment: number;
  readonly size: number;
}

/** Where the next segment cannot be opened, the present one grows by this share before it is tried again. */
const RETRY_SHARE = 8;

export class SegmentWriter {
  readonly #directory: string;
  readonly #segmentBytes: number;
  #segment: number;
  #size: number;
  #fd: number;
  /** Left open while a sync of them may run. */
  #retired: number[] = [];
  /** From this size on the segment is to be synced, then closed. */
  #fullAt: number;
  #synced: "no" | "asked" | "yes" = "no";
  /** A write that failed could not be cut off: it must be before the next one. */
  #torn = false;
  #refusal: BriskError | undefined;

  constructor({ directory, segmentBytes, segment, size }: SegmentWriterOptions) {
    this.#directory = directory;
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

  /**
   * Nothing is written from now on. After a failed sync, as nobody knows what of the file is on the
   * disk then: it has to be read again.
   */
  refuse(cause: BriskError): void {
    this.#refusal ??= cause;
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
    return this.#synced === "no" && this.#size >= this.#fullAt;
  }

  /** To be told of the sync that it wants. */
  toSynced(): { resolve(): void; reject(): void } {
    const segment = this.#segment;
    this.#synced = "asked";
    return {
      resolve: () => {
        if (segment === this.#segment) this.#synced = "yes";
      },
      reject: () => {},
    };
  }

  /** Asks for the next segment at the next chance. */
  finish(): void {
    if (this.#size === 0) return;
    this.#fullAt = 0;
    this.#synced = "yes";
  }

  /** Opens the next segment if it is time, and says whether it did. */
  advance(): boolean {
    const mustNotWait = this.#size >= 2 * this.#fullAt;
    if (this.#size < this.#fullAt || !(this.#synced === "yes" || mustNotWait)) return false;
    if (this.#size === 0 || this.#refusal !== undefined || this.#torn) return false;
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
    this.#synced = "no";
    return true;
  }

  #syncNow(): boolean {
    try {
      fdatasyncSync(this.#fd);
      return true;
    } catch (cause) {
      this.refuse(toFileFailure(this.#directory, cause));
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
