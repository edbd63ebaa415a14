// The embedded store of activations: a record is kept in a journal first, which costs the request's
// thread a share of one write a turn, and goes from there to SQLite in batches, which the stores'
// thread reads from the journal's files itself.
//
//     put ─▶ journal (written or durable) ─▶ batch ─▶ SQLite ─▶ durable ─▶ journal's segment dropped
//
// What is not in SQLite yet is looked up here. After a crash the journal's rest goes the same way.

import { setImmediate } from "node:timers/promises";
import type { ActivationDocument } from "../../entities/activation.ts";
import type { EntityName } from "../../entities/names.ts";
import { Journal } from "../../journal/journal.ts";
import { HEADER_BYTES, type Position, toSegmentPath } from "../../journal/segments.ts";
import type { BriskError } from "../../kernel/errors.ts";
import type { ActivationId } from "../../kernel/ids.ts";
import { MB, SECOND_MS } from "../../kernel/units.ts";
import type { Log } from "../../telemetry/log.ts";
import type { ActivationQuery, ActivationStore, JsonPieces } from "../port.ts";
import { decodeRecord, decodeRecordId, encodeRecord } from "./record-frames.ts";
import type { StoreThread } from "./thread.ts";

export interface RecordJournalOptions {
  readonly directory: string;
  readonly thread: StoreThread;
  readonly broken: ((cause: BriskError) => void) | undefined;
  readonly log: Log | undefined;
}

/** What is read again after a crash. */
const SEGMENT_BYTES = 8 * MB;
/** Records gather so long before they go to SQLite: larger batches cost less each. */
const BATCH_AFTER_MS = 50;
/** At 20 µs a row, others wait for the thread no longer than some 10 ms. */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 4 * MB;
/** What loss of power may cost of records that are only `written`. */
const SYNC_AFTER_MS = 10;
const STORE = "activations";
const RETRY_MS = SECOND_MS;
/** Not in SQLite; beyond it `put` waits, and a list waits for so many rows: some second. */
const PENDING_RECORDS_MAX = 20_000;
const PENDING_BYTES_MAX = 64 * MB;

/** Whole frames of one segment. */
interface Batch {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
  readonly ids: readonly ActivationId[];
}

interface Waiting {
  resolve(): void;
  reject(cause: unknown): void;
}

export class RecordJournal implements ActivationStore {
  readonly #options: RecordJournalOptions;
  readonly #journal: Journal;
  /** Not in SQLite, in the order of the journal. */
  readonly #pending = new Map<ActivationId, Position>();
  #pendingBytes = 0;
  readonly #waitingForRoom: (() => void)[] = [];
  /** For SQLite to have everything that is pending. */
  readonly #waitingForRows: (Waiting & { readonly id: ActivationId })[] = [];
  #batchTimer: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #moving: Promise<void> | undefined;

  constructor(options: RecordJournalOptions) {
    const { directory, broken } = options;
    this.#options = options;
    this.#journal = new Journal({ directory, segmentBytes: SEGMENT_BYTES, broken }, (frame) => {
      const { segment, offset, length, payload } = frame;
      const id = decodeRecordId(payload);
      if (!this.#pending.has(id)) this.#add(id, { segment, offset, length });
    });
    if (this.#pending.size > 0) this.#moveLater();
  }

  put(document: ActivationDocument, keep: "written" | "durable"): Promise<void> {
    return this.#isFull ? this.#putLater(document, keep) : this.#putNow(document, keep);
  }

  async #putLater(document: ActivationDocument, keep: "written" | "durable"): Promise<void> {
    while (this.#isFull) {
      this.#moveNow();
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
    await this.#putNow(document, keep);
  }

  #putNow(document: ActivationDocument, keep: "written" | "durable"): Promise<void> {
    const id = document.activationId;
    if (!this.#pending.has(id)) {
      this.#add(
        id,
        this.#journal.append([encodeRecord(document)], () => this.#remove(id)),
      );
      this.#moveLater();
    }
    if (keep === "durable") return this.#journal.durable();
    this.#syncLater();
    return this.#journal.written();
  }

  get #isFull(): boolean {
    return this.#pending.size >= PENDING_RECORDS_MAX || this.#pendingBytes >= PENDING_BYTES_MAX;
  }

  #add(id: ActivationId, position: Position): void {
    this.#pending.set(id, position);
    this.#pendingBytes += position.length;
  }

  #remove(id: ActivationId): void {
    this.#pendingBytes -= this.#pending.get(id)?.length ?? 0;
    this.#pending.delete(id);
  }

  #syncLater(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      // A failure is met again, and told, by whoever waits for a sync.
      this.#journal.durable().catch(() => {});
    }, SYNC_AFTER_MS).unref();
  }

  #moveLater(): void {
    if (this.#pending.size >= BATCH_RECORDS) this.#moveNow();
    else this.#moveAfter(BATCH_AFTER_MS);
  }

  #moveAfter(ms: number): void {
    this.#batchTimer ??= setTimeout(() => this.#moveNow(), ms).unref();
  }

  #moveNow(): void {
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    this.#moving ??= this.#move();
  }

  /**
   * Moves what is pending to SQLite, batch by batch. What is put meanwhile gathers for the next time,
   * unless somebody waits for it.
   */
  async #move(): Promise<void> {
    let waitMs = BATCH_AFTER_MS;
    try {
      // What has been put in this turn is written then.
      await setImmediate();
      let left = this.#pending.size;
      while (left > 0 || this.#isWaitedFor) {
        const batch = this.#nextBatch();
        if (batch === undefined) break;
        await this.#moveBatch(batch);
        left -= batch.ids.length;
      }
      this.#tellMoved();
    } catch (cause) {
      waitMs = RETRY_MS;
      this.#options.log?.warn({ err: cause }, "records cannot be moved to the database yet");
      for (const { reject } of this.#waitingForRows.splice(0)) reject(cause);
    }
    this.#moving = undefined;
    if (this.#pending.size > 0) this.#moveAfter(waitMs);
  }

  get #isWaitedFor(): boolean {
    return this.#waitingForRows.length > 0 || this.#pending.size >= BATCH_RECORDS || this.#isFull;
  }

  async #moveBatch({ segment, from, to, ids }: Batch): Promise<void> {
    const { directory, thread } = this.#options;
    const path = toSegmentPath(directory, segment);
    await thread.callAnyway("activations", "insertFrom", { path, from, to });
    for (const id of ids) this.#remove(id);
    if (!this.#isFull) for (const go of this.#waitingForRoom.splice(0)) go();
    this.#tellMoved();
    await this.#dropMoved();
  }

  #tellMoved(): void {
    const left = this.#waitingForRows.findIndex(({ id }) => this.#pending.has(id));
    const count = left < 0 ? this.#waitingForRows.length : left;
    for (const { resolve } of this.#waitingForRows.splice(0, count)) resolve();
  }

  #nextBatch(): Batch | undefined {
    const { end } = this.#journal;
    const ids: ActivationId[] = [];
    let first: Position | undefined;
    let to = 0;
    for (const [id, position] of this.#pending) {
      first ??= position;
      const { segment, offset, length } = position;
      const isUnwritten = segment === end.segment && offset >= end.offset;
      const isBeyond = segment !== first.segment || offset + length - first.offset > BATCH_BYTES;
      if (isUnwritten || ids.length === BATCH_RECORDS || (isBeyond && ids.length > 0)) break;
      ids.push(id);
      to = offset + length;
    }
    if (first === undefined || ids.length === 0) return undefined;
    return { segment: first.segment, from: first.offset - HEADER_BYTES, to, ids };
  }

  /** Closed segments of which every record is in SQLite go, once SQLite's are durable. */
  async #dropMoved(): Promise<void> {
    const [oldest] = this.#pending.values();
    const kept = oldest?.segment ?? this.#journal.end.segment;
    const moved = [...this.#journal.closedSegments].filter((segment) => segment < kept);
    if (moved.length === 0) return;
    await this.#options.thread.callAnyway("activations", "durable");
    for (const segment of moved) this.#journal.drop(segment);
  }

  /** Resolves when SQLite has everything that has been put so far. */
  async #moved(): Promise<void> {
    const id = [...this.#pending.keys()].at(-1);
    if (id === undefined) return;
    const moved = new Promise<void>((resolve, reject) => {
      this.#waitingForRows.push({ id, resolve, reject });
    });
    this.#moveNow();
    await moved;
  }

  async has(id: ActivationId): Promise<boolean> {
    const { thread } = this.#options;
    return this.#pending.has(id) || thread.call({ owner: "", store: STORE, method: "has" }, id);
  }

  async get(namespace: EntityName, id: ActivationId): Promise<ActivationDocument | undefined> {
    const { thread } = this.#options;
    // SQLite first: what it has stands, whatever was put later. What it does not have when it
    // answers is still pending, as it answers in the order of the calls.
    const call = { owner: namespace, store: STORE, method: "get" } as const;
    const stored = await thread.call(call, namespace, id);
    const position = this.#pending.get(id);
    if (stored !== undefined || position === undefined) return stored;
    const document = decodeRecord(this.#journal.read(position));
    return document.namespace === namespace ? document : undefined;
  }

  async list(query: ActivationQuery, docs: boolean): Promise<JsonPieces> {
    await this.#moved();
    const call = { owner: query.namespace, store: STORE, method: "list" } as const;
    return this.#options.thread.call(call, query, docs);
  }

  async count(query: ActivationQuery): Promise<number> {
    await this.#moved();
    const call = { owner: query.namespace, store: STORE, method: "count" } as const;
    return this.#options.thread.call(call, query);
  }

  /** Leaves the journal empty where SQLite takes the rest, and as it is where not. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#syncTimer);
    // What is under way, then what was put meanwhile.
    await this.#moving;
    this.#moveNow();
    await this.#moving;
    clearTimeout(this.#batchTimer);
    try {
      if (this.#pending.size === 0) {
        this.#journal.rotate();
        await this.#dropMoved();
      }
    } finally {
      await this.#journal[Symbol.asyncDispose]();
    }
  }
}
