// The embedded store of activations: a record is kept in a journal first, which costs the request's
// thread one write a turn, and goes from there to SQLite in batches on the stores' thread.
//
//     put ─▶ journal (written or durable) ─▶ batch ─▶ SQLite ─▶ checkpoint ─▶ journal's segment dropped
//
// What is not in SQLite yet is looked up here. After a crash the journal's rest goes the same way.

import type { ActivationDocument, StatusCode } from "../../entities/activation.ts";
import type { EntityName } from "../../entities/names.ts";
import type { Journal } from "../../journal/journal.ts";
import { Journal as RecordJournal } from "../../journal/journal.ts";
import type { Frame } from "../../journal/segments.ts";
import type { ActivationId } from "../../kernel/ids.ts";
import type { RawJson } from "../../kernel/json.ts";
import { MB } from "../../kernel/units.ts";
import type { ActivationStore } from "../port.ts";
import type { StoreThread } from "./thread.ts";

const SEGMENT_BYTES = 16 * MB;
/** Records gather so long before they go to SQLite: larger batches cost less each. */
const BATCH_AFTER_MS = 20;
const BATCH_RECORDS = 500;
/** Unsynced records are synced after so long: what loss of power may cost. */
const SYNC_AFTER_MS = 5;
const RETRY_MS = 1000;
/** Characters of records that are not in SQLite; beyond it `put` waits. */
const PENDING_MAX = 64 * MB;

interface Pending {
  readonly document: ActivationDocument;
  readonly segment: number;
  /** On its way to SQLite. */
  sent: boolean;
}

export class RecordingActivations implements ActivationStore {
  readonly #thread: StoreThread;
  readonly #journal: Journal;
  readonly #pending = new Map<ActivationId, Pending>();
  readonly #unstored = new Map<number, number>();
  readonly #waitingForRoom: (() => void)[] = [];
  #pendingSize = 0;
  #timer: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #storing = 0;
  #checkpointing: Promise<void> | undefined;

  constructor(directory: string, thread: StoreThread) {
    this.#thread = thread;
    this.#journal = new RecordJournal({ directory, segmentBytes: SEGMENT_BYTES }, (frame) =>
      this.#add(decode(frame), frame.segment),
    );
    if (this.#pending.size > 0) this.#storeLater(0);
  }

  async put(document: ActivationDocument, keep: "written" | "durable"): Promise<void> {
    while (this.#pendingSize > PENDING_MAX) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
    if (this.#pending.has(document.activationId)) return this.#journal.durable();
    const { segment } = this.#journal.append([encode(document)], () =>
      this.#remove(document.activationId),
    );
    this.#add(document, segment);
    this.#storeLater(BATCH_AFTER_MS);
    if (keep === "durable") return this.#journal.durable();
    this.#syncLater();
    return this.#journal.written();
  }

  #add(document: ActivationDocument, segment: number): void {
    this.#pending.set(document.activationId, { document, segment, sent: false });
    this.#pendingSize += sizeOf(document);
    this.#unstored.set(segment, (this.#unstored.get(segment) ?? 0) + 1);
  }

  #remove(id: ActivationId): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#pendingSize -= sizeOf(pending.document);
    const left = (this.#unstored.get(pending.segment) ?? 0) - 1;
    if (left > 0) this.#unstored.set(pending.segment, left);
    else this.#unstored.delete(pending.segment);
    if (this.#pendingSize <= PENDING_MAX) for (const go of this.#waitingForRoom.splice(0)) go();
  }

  #syncLater(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      // A failure is met again, and told, by whoever waits for a sync.
      this.#journal.durable().catch(() => {});
    }, SYNC_AFTER_MS).unref();
  }

  #storeLater(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#storeAll();
    }, ms).unref();
  }

  /** Sends everything that has not been sent; calls that come later find it stored. */
  #storeAll(): void {
    let batch: Pending[] = [];
    for (const pending of this.#pending.values()) {
      if (pending.sent) continue;
      pending.sent = true;
      batch.push(pending);
      if (batch.length < BATCH_RECORDS) continue;
      this.#store(batch);
      batch = [];
    }
    if (batch.length > 0) this.#store(batch);
  }

  #store(batch: readonly Pending[]): void {
    this.#storing++;
    const documents = batch.map(({ document }) => document);
    this.#thread.call("activations", "insert", documents).then(
      () => {
        this.#storing--;
        for (const { activationId } of documents) this.#remove(activationId);
        this.#dropStored();
      },
      () => {
        // They are safe in the journal; a full disk is told by the next `put`.
        this.#storing--;
        for (const pending of batch) pending.sent = false;
        this.#storeLater(RETRY_MS);
      },
    );
  }

  /** Closed segments of which every record is in SQLite go, once SQLite's file is synced. */
  #dropStored(): void {
    const stored = this.#journal.segments.slice(0, -1).filter((s) => !this.#unstored.has(s));
    if (stored.length === 0 || this.#checkpointing !== undefined) return;
    const end = () => {
      this.#checkpointing = undefined;
    };
    this.#checkpointing = this.#thread.call("activations", "checkpoint").then(() => {
      for (const segment of stored) this.#journal.drop(segment);
      end();
    }, end);
  }

  async has(id: ActivationId): Promise<boolean> {
    return this.#pending.has(id) || this.#thread.call("activations", "has", id);
  }

  async get(namespace: EntityName, id: ActivationId): Promise<ActivationDocument | undefined> {
    this.#storeAll();
    const stored = await this.#thread.call("activations", "get", namespace, id);
    // Where SQLite does not take it at the moment, it is here still.
    const document = stored ?? this.#pending.get(id)?.document;
    return document?.namespace === namespace ? document : undefined;
  }

  list(...query: Parameters<ActivationStore["list"]>): Promise<readonly RawJson[]> {
    this.#storeAll();
    return this.#thread.call("activations", "list", ...query);
  }

  count(...query: Parameters<ActivationStore["count"]>): Promise<number> {
    this.#storeAll();
    return this.#thread.call("activations", "count", ...query);
  }

  /** Leaves the journal empty where SQLite takes the rest, and as it is where not. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#syncTimer);
    this.#storeAll();
    // The thread answers in order: when this is answered, so are the insertions before it.
    await this.#thread.call("activations", "checkpoint").catch(() => {});
    if (this.#pending.size === 0 && this.#storing === 0) {
      this.#journal.rotate();
      for (const segment of this.#journal.segments) this.#journal.drop(segment);
    }
    await this.#journal[Symbol.asyncDispose]();
  }
}

function sizeOf({ head, response, logs }: ActivationDocument): number {
  return head.length + response.length + logs.length;
}

/** Nine lines: none of the fields has a line break in it, as names have none and JSON escapes them. */
function encode(document: ActivationDocument): Buffer {
  const { activationId, namespace, filterName, start, statusCode } = document;
  const { head, subject, response, logs } = document;
  const key = `${activationId}\n${namespace}\n${filterName}\n${start}\n${statusCode}`;
  return Buffer.from(`${key}\n${JSON.stringify(subject)}\n${head}\n${response}\n${logs}`);
}

function decode({ payload }: Frame): ActivationDocument {
  const [
    id = "",
    namespace = "",
    filterName = "",
    start,
    status,
    subject = '""',
    head = "",
    ...rest
  ] = payload.toString().split("\n");
  const [response = "{}", logs = "[]"] = rest;
  return {
    activationId: id as ActivationId,
    namespace: namespace as EntityName,
    filterName,
    start: Number(start),
    statusCode: Number(status) as StatusCode,
    subject: JSON.parse(subject) as string,
    head,
    response: response as RawJson,
    logs: logs as RawJson,
  };
}
