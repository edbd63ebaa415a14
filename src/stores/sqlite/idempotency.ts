// Idempotency keys in SQLite: idempotency.db. A key's row is durable before what it stands for is
// accepted, so it is first unconfirmed: reserved, and not known to stand for anything.
//
//     reserve ─▶ unconfirmed ──confirm──▶ confirmed ──24 h──▶ deleted
//                     └──release──▶ gone

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { EntityName } from "../../entities/names.ts";
import type { ActivationId } from "../../kernel/ids.ts";
import type { KeyReservation, KnownKey } from "../port.ts";
import { inTransaction, openDatabase } from "./database.ts";

const MIGRATIONS = [
  `CREATE TABLE keys (
     namespace TEXT NOT NULL,
     key TEXT NOT NULL,
     request TEXT NOT NULL,
     activation_id TEXT NOT NULL,
     reserved_at INTEGER NOT NULL,
     confirmed INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX keys_by_key ON keys (namespace, key);
   CREATE INDEX keys_unconfirmed ON keys (activation_id) WHERE confirmed = 0;
   CREATE TABLE counts (namespace TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;`,
];

export interface IdempotencyLimits {
  /** How long a key is known. */
  readonly ageMs: number;
  /** Keys of a namespace. */
  readonly countMax: number;
}

/** What was asked for while the thread worked on the batch before: one transaction, one sync. */
export interface IdempotencyBatch {
  readonly reservations: readonly KeyReservation[];
  readonly confirmed: readonly ActivationId[];
  readonly released: readonly ActivationId[];
}

/** `full`: the namespace has too many keys. */
export type ReserveResult = KnownKey | "reserved" | "full";

const PRUNED_ROWS_MAX = 100;

export class SqliteIdempotency implements Disposable {
  readonly #file: string;
  readonly #limits: IdempotencyLimits;
  #opened: DatabaseSync | undefined;

  constructor(directory: string, limits: IdempotencyLimits) {
    this.#file = join(directory, "idempotency.db");
    this.#limits = limits;
  }

  /** Made for the first key: most platforms never see one, and a start is to be short. */
  get #database(): DatabaseSync {
    this.#opened ??= openDatabase({
      file: this.#file,
      migrations: MIGRATIONS,
      synchronous: "full",
    });
    return this.#opened;
  }

  get #isEmpty(): boolean {
    return this.#opened === undefined && !existsSync(this.#file);
  }

  /** Durable when it returns: a result for each reservation. */
  apply({ reservations, confirmed, released }: IdempotencyBatch): readonly ReserveResult[] {
    return inTransaction(this.#database, () => {
      const confirm = this.#database.prepare(
        "UPDATE keys SET confirmed = 1 WHERE activation_id = ? AND confirmed = 0",
      );
      for (const id of confirmed) confirm.run(id);
      const release = this.#database.prepare(
        "DELETE FROM keys WHERE activation_id = ? AND confirmed = 0 RETURNING namespace",
      );
      for (const id of released) {
        const row = release.get(id);
        if (row !== undefined) this.#addToCount(row["namespace"] as EntityName, -1);
      }
      return reservations.map((reservation) => this.#reserve(reservation));
    });
  }

  #reserve(reservation: KeyReservation): ReserveResult {
    const { namespace, key, request, activationId, at } = reservation;
    const known = this.#find(reservation);
    if (known !== undefined) return known;
    if (this.#count(namespace) >= this.#limits.countMax) return "full";
    this.#database
      .prepare("INSERT INTO keys VALUES (?, ?, ?, ?, ?, 0)")
      .run(namespace, key, request, activationId, at);
    this.#addToCount(namespace, 1);
    return "reserved";
  }

  #find({ namespace, key, at }: KeyReservation): KnownKey | undefined {
    const row = this.#database
      .prepare("SELECT * FROM keys WHERE namespace = ? AND key = ?")
      .get(namespace, key);
    if (row === undefined) return undefined;
    if (Number(row["reserved_at"]) < at - this.#limits.ageMs) {
      this.#database
        .prepare("DELETE FROM keys WHERE namespace = ? AND key = ?")
        .run(namespace, key);
      this.#addToCount(namespace, -1);
      return undefined;
    }
    return {
      request: String(row["request"]),
      activationId: row["activation_id"] as ActivationId,
      isConfirmed: row["confirmed"] === 1,
    };
  }

  #count(namespace: EntityName): number {
    const sql = "SELECT count FROM counts WHERE namespace = ?";
    return Number(this.#database.prepare(sql).get(namespace)?.["count"] ?? 0);
  }

  #addToCount(namespace: EntityName, count: 1 | -1): void {
    this.#database
      .prepare(
        `INSERT INTO counts VALUES (?, ?)
         ON CONFLICT (namespace) DO UPDATE SET count = count + excluded.count`,
      )
      .run(namespace, count);
  }

  unconfirmed(): readonly ActivationId[] {
    if (this.#isEmpty) return [];
    const rows = this.#database.prepare("SELECT activation_id FROM keys WHERE confirmed = 0").all();
    return rows.map((row) => row["activation_id"] as ActivationId);
  }

  /** Deletes a few that are known no more. Returns how many went; 0 where none is left. */
  prune(now: number): number {
    if (this.#isEmpty) return 0;
    const before = now - this.#limits.ageMs;
    const rows = this.#database
      .prepare("SELECT rowid, namespace, reserved_at FROM keys ORDER BY rowid LIMIT ?")
      .all(PRUNED_ROWS_MAX);
    const kept = rows.findIndex((row) => Number(row["reserved_at"]) >= before);
    const old = kept < 0 ? rows : rows.slice(0, kept);
    if (old.length === 0) return 0;
    return inTransaction(this.#database, () => {
      const remove = this.#database.prepare("DELETE FROM keys WHERE rowid = ?");
      for (const { rowid, namespace } of old) {
        remove.run(Number(rowid));
        this.#addToCount(namespace as EntityName, -1);
      }
      this.#database.exec("DELETE FROM counts WHERE count = 0");
      return old.length;
    });
  }

  [Symbol.dispose](): void {
    this.#opened?.close();
  }
}
