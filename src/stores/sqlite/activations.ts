// Activation records in SQLite: activations.db. What a list shows comes first in a row, so that
// listing does not read results and logs.

import { closeSync, fdatasync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import {
  type ActivationDocument,
  type StatusCode,
  toRecordParts,
  toSummaryText,
} from "../../entities/activation.ts";
import type { EntityName } from "../../entities/names.ts";
import { readFrames } from "../../journal/segments.ts";
import { failure } from "../../kernel/errors.ts";
import type { ActivationId } from "../../kernel/ids.ts";
import type { RawJson } from "../../kernel/json.ts";
import { KB, MB } from "../../kernel/units.ts";
import type { ActivationQuery, JsonPieces } from "../port.ts";
import { takeBounded } from "./bounded-rows.ts";
import { Checkpointer } from "./checkpointer.ts";
import { inTransaction, openDatabase } from "./database.ts";
import { Pieces } from "./pieces.ts";
import { decodeRecord } from "./record-frames.ts";

const MIGRATIONS = [
  `CREATE TABLE activations (
     id TEXT NOT NULL,
     namespace TEXT NOT NULL,
     filter_name TEXT NOT NULL,
     start INTEGER NOT NULL,
     status_code INTEGER NOT NULL,
     head TEXT NOT NULL,
     subject TEXT NOT NULL,
     response TEXT NOT NULL,
     logs TEXT NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX activations_by_id ON activations (id);
   CREATE INDEX activations_by_start ON activations (namespace, start);
   CREATE INDEX activations_by_name ON activations (namespace, filter_name, start);`,
  // How many each namespace has, without counting: of millions that takes seconds.
  `CREATE TABLE counts (namespace TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
   INSERT INTO counts SELECT namespace, count(*) FROM activations GROUP BY namespace;`,
];

/** The column has a number in every row. */
const NO_STATUS_CODE = -1;

interface Row {
  readonly id: ActivationId;
  readonly namespace: EntityName;
  readonly filter_name: string;
  readonly start: number;
  readonly status_code: StatusCode | typeof NO_STATUS_CODE;
  readonly head: string;
  readonly subject: string;
  readonly response: RawJson;
  readonly logs: RawJson;
}

/** What one turn of pruning deletes: some milliseconds of work. */
const PRUNED_ROWS_MAX = 100;
const PRUNED_BYTES_MAX = MB;

interface Prunable {
  readonly rowid: number;
  readonly namespace: EntityName;
  readonly bytes: number;
}

/** `octet_length` reads no text: what a row has beside its own page stays unread until it is deleted. */
const PRUNABLE = "rowid, namespace, octet_length(response) + octet_length(logs) AS bytes";
/** Of a firing, which has no end, its start. Read only where it decides: what began late ended later. */
const ENDED = "CASE WHEN start < ? THEN coalesce(json_extract(head || '}', '$.end'), start) END";

export interface FrameRange {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

export class SqliteActivations implements AsyncDisposable {
  readonly #database: DatabaseSync;
  readonly #checkpointer: Checkpointer;
  /** Of SQLite's log. Held, as an error of the disk is told to those that had the file open only. */
  readonly #logFd: number;
  readonly #insert: StatementSync;

  /** `onHeldUp` hears once, why this thread had to do what another one should. */
  constructor(directory: string, onHeldUp: (cause: unknown) => void = () => {}) {
    const file = join(directory, "activations.db");
    // Records are synced in the record journal first.
    this.#database = openDatabase({ file, migrations: MIGRATIONS, synchronous: "normal" });
    this.#checkpointer = new Checkpointer({ database: this.#database, file, onHeldUp });
    this.#logFd = openSync(`${file}-wal`, "r");
    this.#insert = this.#database.prepare(
      "INSERT OR IGNORE INTO activations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
  }

  /** The first record of an id stands. */
  insert(documents: readonly ActivationDocument[]): void {
    this.#write(() => {
      const added = new Map<EntityName, number>();
      for (const d of documents) {
        const { activationId, namespace, filterName, start, statusCode } = d;
        const { head, subject, response, logs } = d;
        const key = [activationId, namespace, filterName, start, statusCode ?? NO_STATUS_CODE];
        const { changes } = this.#insert.run(...key, head, subject, response, logs);
        added.set(namespace, (added.get(namespace) ?? 0) + Number(changes));
      }
      this.#addToCounts(added);
    });
  }

  #write<T>(work: () => T): T {
    const result = inTransaction(this.#database, work);
    this.#checkpointer.wrote();
    return result;
  }

  #addToCounts(added: ReadonlyMap<EntityName, number>): void {
    const add = this.#database.prepare(
      `INSERT INTO counts VALUES (?, ?)
       ON CONFLICT (namespace) DO UPDATE SET count = count + excluded.count`,
    );
    for (const [namespace, count] of added) add.run(namespace, count);
  }

  /**
   * Deletes a few of those that ended before then, in the order in which they were stored, which is that
   * of their ends. Returns how many went; 0 where none is left.
   */
  pruneOld(before: number): number {
    const oldest = this.#database
      .prepare(`SELECT ${PRUNABLE}, ${ENDED} AS ended FROM activations ORDER BY rowid LIMIT ?`)
      .all(before, PRUNED_ROWS_MAX) as unknown as (Prunable & { readonly ended: number | null })[];
    const kept = oldest.findIndex(({ ended }) => ended === null || ended >= before);
    return this.#deleteFew(kept < 0 ? oldest : oldest.slice(0, kept));
  }

  /** Deletes a few of the oldest of a namespace that has more. Returns how many went. */
  pruneExcess(countMax: number): number {
    const over = this.#database
      .prepare("SELECT namespace, count FROM counts WHERE count > ? LIMIT 1")
      .get(countMax);
    if (over === undefined) return 0;
    const excess = Number(over["count"]) - countMax;
    const oldest = this.#database
      .prepare(
        `SELECT ${PRUNABLE} FROM activations WHERE namespace = ? ORDER BY start, rowid LIMIT ?`,
      )
      .all(String(over["namespace"]), Math.min(PRUNED_ROWS_MAX, excess));
    return this.#deleteFew(oldest as unknown as Prunable[]);
  }

  /** The first, however large, and what fits beside it. */
  #deleteFew(rows: readonly Prunable[]): number {
    if (rows.length === 0) return 0;
    return this.#write(() => {
      const remove = this.#database.prepare("DELETE FROM activations WHERE rowid = ?");
      const removed = new Map<EntityName, number>();
      let count = 0;
      let bytes = 0;
      for (const row of rows) {
        bytes += row.bytes;
        if (count > 0 && bytes > PRUNED_BYTES_MAX) break;
        remove.run(row.rowid);
        removed.set(row.namespace, (removed.get(row.namespace) ?? 0) - 1);
        count++;
      }
      this.#addToCounts(removed);
      this.#database.exec("DELETE FROM counts WHERE count = 0");
      return count;
    });
  }

  /** Inserts the records of whole frames of a journal's segment. */
  insertFrom({ path, from, to }: FrameRange): void {
    const frames = readRange(path, { from, to });
    const documents: ActivationDocument[] = [];
    const end = readFrames(frames, { segment: 0, base: from }, ({ payload }) => {
      documents.push(decodeRecord(payload));
    });
    if (end < to - from) {
      throw failure("storage-failed", { detail: `${path} is damaged at byte ${from + end}` });
    }
    this.insert(documents);
  }

  /**
   * Afterwards everything inserted before the call survives loss of power: it is in SQLite's log, or
   * was copied to the database, which SQLite syncs before it begins the log anew. Off this thread.
   */
  durable(): Promise<void> {
    return promisify(fdatasync)(this.#logFd);
  }

  has(id: ActivationId): boolean {
    return this.#database.prepare("SELECT 1 FROM activations WHERE id = ?").get(id) !== undefined;
  }

  get(namespace: EntityName, id: ActivationId): ActivationDocument | undefined {
    const row = this.#database
      .prepare("SELECT * FROM activations WHERE id = ? AND namespace = ?")
      .get(id, namespace) as Row | undefined;
    return row === undefined ? undefined : toActivation(row);
  }

  list(query: ActivationQuery, docs: boolean): Promise<JsonPieces> {
    return docs ? this.#listWhole(query) : Promise.resolve(this.#listEntries(query));
  }

  #listEntries(query: ActivationQuery): JsonPieces {
    const rows = this.#select("head, status_code", query) as Iterable<Row>;
    const texts = Array.from(rows, (row) => toSummaryText({ head: row.head, ...toStatus(row) }));
    return [new TextEncoder().encode(`[${texts.join(",")}]`)];
  }

  /**
   * A few records at a time, so that others' calls come in between. What is pruned meanwhile is left out.
   * Their texts stay the bytes that SQLite has: decoded and encoded again they took twice as long.
   */
  async #listWhole(query: ActivationQuery): Promise<JsonPieces> {
    const sized = this.#select(SIZED, query) as Iterable<Sized>;
    const bounds = { lengthOf: ({ bytes }: Sized) => bytes, lengthMax: LIST_BYTES_MAX };
    const one = this.#database.prepare(`SELECT ${BYTES} FROM activations WHERE rowid = ?`);
    const pieces = new Pieces(PIECE_BYTES);
    let before = "[";
    for (const { rowid } of takeBounded(sized, bounds)) {
      const row = one.get(rowid) as BytesRow | undefined;
      if (row === undefined) continue;
      const { wholeCount } = pieces;
      pieces.add(before);
      for (const part of toRecordParts(row, row)) pieces.add(part);
      before = ",";
      if (pieces.wholeCount > wholeCount) await setImmediate();
    }
    pieces.add(before === "[" ? "[]" : "]");
    return pieces.end();
  }

  #select(columns: string, query: ActivationQuery): Iterable<unknown> {
    const { where, values } = toCondition(query);
    return this.#database
      .prepare(
        `SELECT ${columns} FROM activations WHERE ${where}
         ORDER BY start DESC, rowid DESC LIMIT ? OFFSET ?`,
      )
      .iterate(...values, query.limit, query.skip);
  }

  count(query: ActivationQuery): number {
    const { where, values } = toCondition(query);
    const sql = `SELECT count(*) AS n FROM activations WHERE ${where}`;
    return Number(this.#database.prepare(sql).get(...values)?.["n"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checkpointer[Symbol.asyncDispose]();
    this.#database.close();
    closeSync(this.#logFd);
  }
}

/** Records may have 11 MB each: a page of the largest would be gigabytes. */
const LIST_BYTES_MAX = 64 * MB;
/** Of records that are read in one turn: a millisecond of work. */
const PIECE_BYTES = 512 * KB;

interface Sized {
  readonly rowid: number;
  readonly bytes: number;
}

interface BytesRow extends Pick<Row, "head" | "subject"> {
  readonly response: Uint8Array;
  readonly logs: Uint8Array;
}

const BYTES = "head, subject, CAST(response AS BLOB) AS response, CAST(logs AS BLOB) AS logs";
/** Read without the texts. */
const SIZED = "rowid, octet_length(head) + octet_length(response) + octet_length(logs) AS bytes";

function readRange(path: string, { from, to }: { from: number; to: number }): Buffer {
  const bytes = Buffer.allocUnsafe(to - from);
  const fd = openSync(path, "r");
  try {
    const count = readSync(fd, bytes, 0, bytes.length, from);
    return bytes.subarray(0, count);
  } finally {
    closeSync(fd);
  }
}

function toCondition({ namespace, filterName, since, upto }: ActivationQuery) {
  const range = [since ?? 0, upto ?? Number.MAX_SAFE_INTEGER];
  return filterName === undefined
    ? { where: "namespace = ? AND start BETWEEN ? AND ?", values: [namespace, ...range] }
    : {
        where: "namespace = ? AND filter_name = ? AND start BETWEEN ? AND ?",
        values: [namespace, filterName, ...range],
      };
}

function toActivation(row: Row): ActivationDocument {
  const { id, filter_name, status_code: _, ...same } = row;
  return { ...same, activationId: id, filterName: filter_name, ...toStatus(row) };
}

function toStatus({
  status_code,
}: Pick<Row, "status_code">): Pick<ActivationDocument, "statusCode"> {
  return status_code === NO_STATUS_CODE ? {} : { statusCode: status_code };
}
