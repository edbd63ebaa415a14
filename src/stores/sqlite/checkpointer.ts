// Copies a database's write-ahead log into the database without holding up the thread that writes. A
// log is of use to SQLite again once all of it is copied, which takes some 200 ms; readers and writers
// need not wait for it where another connection does it, on a thread that lives as long as that takes.
//
//     log is long ─▶ a thread copies ─▶ all is copied: the next write begins the log anew
//                           └─ fails, or cannot keep up ─▶ log is too long ─▶ copied here

import type { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { toThreadScript } from "../../kernel/thread-script.ts";
import { SECOND_MS } from "../../kernel/units.ts";

/** Of 4 KB. Ids are random, so a page is written many times before it is worth copying. */
export const CHECKPOINT_PAGES = 8000;
/** Some 130 MB: what a disk has to have room for beside the database. */
export const LOG_PAGES_MAX: number = 4 * CHECKPOINT_PAGES;
/** How long a log that is too long waits for the thread that copies: two cannot at a time. */
const WAIT_MS_MAX = 5 * SECOND_MS;

export interface CheckpointerOptions {
  /** Writes to it are followed by `wrote`. */
  readonly database: DatabaseSync;
  readonly file: string;
  /** Hears once, why the thread of the caller had to copy. */
  readonly onHeldUp: (cause: unknown) => void;
}

/** What the thread that copies is started with. */
export interface CheckpointOrder {
  readonly file: string;
  /** Becomes 1, and wakes who waits for it, when the thread has ended its work. */
  readonly ended: Int32Array<SharedArrayBuffer>;
}

export class Checkpointer implements AsyncDisposable {
  readonly #options: CheckpointerOptions;
  /** Of the log: shorter, it is left alone. */
  #pagesMin = CHECKPOINT_PAGES;
  #copying: { readonly ended: CheckpointOrder["ended"]; readonly exit: Promise<void> } | undefined;
  #failure: unknown = new Error("the database's log grows faster than it is copied");
  #isTold = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    options.database.exec("PRAGMA wal_autocheckpoint = 0");
  }

  /** To be called after each transaction. Takes microseconds, but where the log is too long. */
  wrote(): void {
    const { pages, isCopied } = this.#look();
    if (pages < CHECKPOINT_PAGES) this.#pagesMin = CHECKPOINT_PAGES;
    if (pages < this.#pagesMin || isCopied) return;
    if (pages >= LOG_PAGES_MAX) this.#copyHere();
    else if (this.#copying === undefined) this.#tryCopyThere();
  }

  #look(): { readonly pages: number; readonly isCopied: boolean } {
    const row = this.#options.database.prepare("PRAGMA wal_checkpoint(NOOP)").get();
    return { pages: Number(row?.["log"]), isCopied: row?.["log"] === row?.["checkpointed"] };
  }

  #tryCopyThere(): void {
    try {
      this.#copyThere();
    } catch (cause) {
      // The process may have no more threads. What was written stands, and may be copied later.
      this.#failure = cause;
      this.#postpone(LOG_PAGES_MAX);
    }
  }

  #copyThere(): void {
    const ended = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const { promise, resolve } = Promise.withResolvers<void>();
    const worker = new Worker(toThreadScript("./checkpoint-worker", import.meta.url), {
      workerData: { file: this.#options.file, ended } satisfies CheckpointOrder,
    });
    worker.on("error", (cause) => {
      this.#failure = cause;
    });
    worker.on("exit", () => {
      this.#copying = undefined;
      this.#postpone(LOG_PAGES_MAX);
      resolve();
    });
    this.#copying = { ended, exit: promise };
  }

  #copyHere(): void {
    if (this.#copying !== undefined) Atomics.wait(this.#copying.ended, 0, 0, WAIT_MS_MAX);
    try {
      this.#options.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (cause) {
      // What was written stands, in the log: a full disk is met by who writes next.
      this.#failure = cause;
    }
    this.#postpone(Number.POSITIVE_INFINITY);
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.onHeldUp(this.#failure);
  }

  /** What failed is not tried again after each write. */
  #postpone(pagesMax: number): void {
    const { pages, isCopied } = this.#look();
    if (!isCopied) this.#pagesMin = Math.min(pages + CHECKPOINT_PAGES, pagesMax);
  }

  /** Before the database is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#copying?.exit;
  }
}
