// Opening a SQLite database file: private, in WAL mode, at this program's schema, or refused with a
// sentence. And what SQLite's errors mean to the rest of the program.

import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { BriskError, failure } from "../../kernel/errors.ts";

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

export function openDatabase({ file, migrations, synchronous }: DatabaseOptions): DatabaseSync {
  try {
    // SQLite gives its side files the mode of the database, which therefore comes first.
    if (!existsSync(file)) closeSync(openSync(file, "a", PRIVATE_FILE));
    chmodSync(file, PRIVATE_FILE);
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    migrate(database, { file, migrations });
    return database;
  } catch (cause) {
    if (cause instanceof BriskError) throw cause;
    const detail = `${file}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw failure("storage-failed", { detail }, cause);
  }
}

function migrate(
  database: DatabaseSync,
  { file, migrations }: Pick<DatabaseOptions, "file" | "migrations">,
): void {
  const row = database.prepare("PRAGMA user_version").get();
  const version = Number(row?.["user_version"]);
  if (version > migrations.length) {
    const detail = `${file} has schema version ${version}, this Brisk knows ${migrations.length}: start it with the newer Brisk that wrote it`;
    throw failure("storage-failed", { detail });
  }
  for (const [from, statements] of migrations.entries()) {
    if (from < version) continue;
    inTransaction(database, () => {
      database.exec(statements);
      database.exec(`PRAGMA user_version = ${from + 1}`);
    });
  }
}

export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
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
const SQLITE_READONLY = 8;
const SQLITE_FULL = 13;

export function toStorageError(cause: unknown): BriskError {
  if (cause instanceof BriskError) return cause;
  const { errcode, message } = cause as { errcode?: number; message?: string };
  const primary = (errcode ?? 0) & 0xff;
  if (primary === SQLITE_FULL) return failure("storage-full", undefined, cause);
  if (primary === SQLITE_READONLY) {
    return failure("storage-failed", { detail: "the data directory cannot be written" }, cause);
  }
  return failure("storage-failed", { detail: message ?? String(cause) }, cause);
}
