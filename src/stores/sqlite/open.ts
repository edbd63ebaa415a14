// The embedded stores: SQLite databases in the data directory, on a thread of their own.

import { join } from "node:path";
import { steadyClock } from "../../kernel/clock.ts";
import type { BriskError } from "../../kernel/errors.ts";
import { FairTurns } from "../../kernel/fair-turns.ts";
import { Pace } from "../../kernel/pace.ts";
import { HOUR_MS, KB } from "../../kernel/units.ts";
import type { Log } from "../../telemetry/log.ts";
import type { ActivationStore, EntityStore, IdempotencyStore, SubjectStore } from "../port.ts";
import { findLarge, ListedEntity, toChange, toEntity, toWrite } from "./entity-rows.ts";
import type { IdempotencyLimits } from "./idempotency.ts";
import { IdempotencyBatches } from "./idempotency-batches.ts";
import { KEEP_ALL, type Retention } from "./pruning.ts";
import { RecordJournal } from "./record-journal.ts";
import { StoreThread } from "./thread.ts";

export interface SqliteStores extends AsyncDisposable {
  readonly entities: EntityStore;
  readonly subjects: SubjectStore;
  readonly activations: ActivationStore;
  readonly idempotency: IdempotencyStore;
}

export interface SqliteStoresOptions {
  readonly log?: Log;
  /** How long and how many activations are kept; absent: all, for ever. */
  readonly retention?: Retention;
  readonly idempotency?: IdempotencyLimits;
  /** Hears where the disk failed: no record is kept any more then. */
  readonly broken?: (cause: BriskError) => void;
}

/** A million takes some 200 MB. */
const IDEMPOTENCY: IdempotencyLimits = { ageMs: 24 * HOUR_MS, countMax: 1_000_000 };

/** Rejects with `storage-failed` and a sentence where a database cannot be used. */
export async function openSqliteStores(
  directory: string,
  { log, retention = KEEP_ALL, idempotency = IDEMPOTENCY, broken }: SqliteStoresOptions = {},
): Promise<SqliteStores> {
  const thread = new StoreThread({ directory, retention, idempotency, log });
  try {
    await thread.opened();
  } catch (cause) {
    await thread.discard();
    throw cause;
  }
  const records = join(directory, "records");
  const activations = new RecordJournal({ directory: records, thread, broken, log });
  const keys = new IdempotencyBatches(thread, idempotency);
  return {
    entities: toEntityStore(thread),
    subjects: toSubjectStore(thread),
    activations,
    idempotency: keys,
    [Symbol.asyncDispose]: async () => {
      try {
        await keys[Symbol.asyncDispose]();
        await activations[Symbol.asyncDispose]();
      } finally {
        await thread[Symbol.asyncDispose]();
      }
    },
  };
}

/** Closed with the thread that it shares. */
const closedWithThread = async (): Promise<void> => {};

/** Of a document: its parsing takes milliseconds, and so does whatever is done with it. */
const LARGE_LENGTH = 64 * KB;

function toEntityStore(thread: StoreThread): EntityStore {
  const store = "entities";
  /** One at a time, as each may be of 48 MB and waits for the disk. */
  const writes = new FairTurns();
  const pace = new Pace(steadyClock);
  return {
    get: async (id, options) => {
      const row = await thread.call({ owner: ownerOf(id), store, method: "get" }, id, options);
      if (row === undefined) return undefined;
      const isLarge = row.document.length > LARGE_LENGTH;
      return isLarge ? pace.run(ownerOf(id), () => toEntity(row)) : toEntity(row);
    },
    put: (put) =>
      writes.take(ownerOf(put.id), () =>
        thread.lendEntities(findLarge([put]), "put", toWrite(put)),
      ),
    change: (changes) =>
      writes.take(ownerOf(changes[0]?.id ?? ""), () =>
        thread.lendEntities(findLarge(changes), "change", changes.map(toChange)),
      ),
    delete: (id, revision) =>
      writes.take(ownerOf(id), () => thread.callAnyway(store, "delete", id, revision)),
    list: async (type, path, page) => {
      const method = { owner: ownerOf(path), store, method: "list" } as const;
      return (await thread.call(method, type, path, page)).map((row) => new ListedEntity(row));
    },
    listVersions: (id) => thread.call({ owner: ownerOf(id), store, method: "listVersions" }, id),
    count: (type, path, filter) =>
      thread.call({ owner: ownerOf(path), store, method: "count" }, type, path, filter),
    [Symbol.asyncDispose]: closedWithThread,
  };
}

/** By the namespace in which it is: those who ask for others' are told apart by what they ask for. */
function ownerOf(idOrPath: string): string {
  return idOrPath.split("/", 1)[0] ?? "";
}

/** Whoever asks is not known before they are answered. */
const SUBJECTS = { owner: "", store: "subjects" } as const;

function toSubjectStore(thread: StoreThread): SubjectStore {
  const listeners: (() => void)[] = [];
  const tell = () => {
    for (const listener of listeners) listener();
  };
  thread.onSubjectsChanged(tell);
  const thenTell = async <T>(write: Promise<T>): Promise<T> => {
    const value = await write;
    tell();
    return value;
  };
  return {
    get: (subject) => thread.call({ ...SUBJECTS, method: "get" }, subject),
    put: (subject) => thenTell(thread.call({ ...SUBJECTS, method: "put" }, subject)),
    delete: (subject) => thenTell(thread.call({ ...SUBJECTS, method: "delete" }, subject)),
    findByUuid: (uuid) => thread.call({ ...SUBJECTS, method: "findByUuid" }, uuid),
    findByNamespace: (namespace) =>
      thread.call({ ...SUBJECTS, method: "findByNamespace" }, namespace),
    list: () => thread.call({ ...SUBJECTS, method: "list" }),
    getLimits: (namespace) => thread.call({ ...SUBJECTS, method: "getLimits" }, namespace),
    putLimits: (namespace, limits) =>
      thenTell(thread.call({ ...SUBJECTS, method: "putLimits" }, namespace, limits)),
    deleteLimits: (namespace) =>
      thenTell(thread.call({ ...SUBJECTS, method: "deleteLimits" }, namespace)),
    onChange: (listener) => {
      listeners.push(listener);
    },
    [Symbol.asyncDispose]: closedWithThread,
  };
}
