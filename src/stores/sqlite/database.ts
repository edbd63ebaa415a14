// Opening a SQLite database file: private, in WAL mode, at this program's schema, or refused with a
// sentence. And what SQLite's errors mean to the rest of the program.

import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BriskError, failure } from "../../kernel/errors.ts";
import { describeSystemError } from "../../kernel/system-error.ts";

export interface DatabaseOptions {
  readonly file: string;
  /** Statements that lead from schema version N (their index) to N + 1. Only ever appended to. */
  readonly migrations: readonly string[];
  /** `full`: what is committed survives loss of power. `normal`: it survives `kill -9`. */
  readonly synchronous: "full" | "normal";
}

const PRIVATE_FILE = 0o600;
/** How long a statement waits for another process, the admin commands, to finish its write. */
const BUSY_TIMEOUT_MS = 5000;

/** Rejects with a sentence that names the file, where it cannot be used. */
export function openDatabase({ file, migrations, synchronous }: DatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // SQLite gives its side files the mode of the database, which therefore comes first.
    if (!existsSync(file)) closeSync(openSync(file, "a", PRIVATE_FILE));
    chmodSync(file, PRIVATE_FILE);
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    migrate(database, { file, migrations });
    return database;
  } catch (cause) {
    database?.close();
    throw toOpenFailure(file, cause);
  }
}

function toOpenFailure(file: string, cause: unknown): BriskError {
  if (cause instanceof BriskError) return cause;
  const { code } = toStorageError(cause, dirname(file));
  const text = describeSystemError(cause);
  const advice = isDamage(cause) ? ": restore it from a backup, or move it away" : "";
  return new BriskError(code, `Cannot open ${file}: ${text}${advice}`, cause);
}

function migrate(
  database: DatabaseSync,
  { file, migrations }: Pick<DatabaseOptions, "file" | "migrations">,
): void {
  const known = migrations.length;
  if (readVersion(database) === known) return;
  inTransaction(database, () => {
    // Read again, as another process may have been faster.
    const version = readVersion(database);
    if (version > known) {
      const remedy = "start it with the newer Brisk that wrote it";
      throw new BriskError(
        "storage-failed",
        `Cannot open ${file} of schema version ${version}, as this Brisk knows ${known}: ${remedy}`,
      );
    }
    for (const statements of migrations.slice(version)) database.exec(statements);
    database.exec(`PRAGMA user_version = ${known}`);
  });
}

function readVersion(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/** Part of the one that is under way, where one is. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work();
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (cause) {
    // A full disk ends the transaction by itself.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw cause;
  }
}

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

function toResultCode(cause: unknown): number {
  return ((cause as { errcode?: number }).errcode ?? 0) & 0xff;
}

function isDamage(cause: unknown): boolean {
  const code = toResultCode(cause);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** What an error of SQLite means to whoever wanted something kept or read. */
export function toStorageError(cause: unknown, directory: string): BriskError {
  if (cause instanceof BriskError) return cause;
  const detail = cause instanceof Error ? cause.message : String(cause);
  switch (toResultCode(cause)) {
    case SQLITE_FULL:
      return failure("storage-full", undefined, cause);
    case SQLITE_READONLY:
      return failure("read-only", { directory }, cause);
    case SQLITE_BUSY:
      return failure("unavailable", { detail: `The store is busy: ${detail}` }, cause);
    default:
      return failure("storage-failed", { detail }, cause);
  }
}
