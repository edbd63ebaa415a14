// The embedded stores: SQLite databases in the data directory, on a thread of their own.

import { join } from "node:path";
import type { BriskError } from "../../kernel/errors.ts";
import { HOUR_MS } from "../../kernel/units.ts";
import type { Log } from "../../telemetry/log.ts";
import type { ActivationStore, EntityStore, IdempotencyStore, SubjectStore } from "../port.ts";
import { findLarge, toChange, toEntity, toWrite } from "./entity-rows.ts";
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

function toEntityStore(thread: StoreThread): EntityStore {
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other, as each may be of 48 MB. */
  const inTurn = <T>(write: () => Promise<T>): Promise<T> => {
    const written = last.then(write, write);
    last = written;
    return written;
  };
  return {
    get: async (id, options) => {
      const row = await thread.call("entities", "get", id, options);
      return row && toEntity(row);
    },
    put: (put) => inTurn(() => thread.lendEntities(findLarge([put]), "put", toWrite(put))),
    change: (changes) =>
      inTurn(() => thread.lendEntities(findLarge(changes), "change", changes.map(toChange))),
    delete: (id, revision) => thread.call("entities", "delete", id, revision),
    list: async (type, path, page) =>
      (await thread.call("entities", "list", type, path, page)).map(toEntity),
    listVersions: (id) => thread.call("entities", "listVersions", id),
    count: (type, path, filter) => thread.call("entities", "count", type, path, filter),
    [Symbol.asyncDispose]: closedWithThread,
  };
}

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
    get: (subject) => thread.call("subjects", "get", subject),
    put: (subject) => thenTell(thread.call("subjects", "put", subject)),
    delete: (subject) => thenTell(thread.call("subjects", "delete", subject)),
    findByUuid: (uuid) => thread.call("subjects", "findByUuid", uuid),
    findByNamespace: (namespace) => thread.call("subjects", "findByNamespace", namespace),
    list: () => thread.call("subjects", "list"),
    getLimits: (namespace) => thread.call("subjects", "getLimits", namespace),
    putLimits: (namespace, limits) =>
      thenTell(thread.call("subjects", "putLimits", namespace, limits)),
    deleteLimits: (namespace) => thenTell(thread.call("subjects", "deleteLimits", namespace)),
    onChange: (listener) => {
      listeners.push(listener);
    },
    [Symbol.asyncDispose]: closedWithThread,
  };
}
