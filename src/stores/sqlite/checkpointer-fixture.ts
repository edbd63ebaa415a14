// Fills the log of activations.db, and looks at it, for the tests of how it is copied.

import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ActivationDocument } from "../../entities/activation.ts";
import type { RawJson } from "../../kernel/json.ts";
import { KB } from "../../kernel/units.ts";
import { activation } from "../activations.contract.ts";
import type { SqliteActivations } from "./activations.ts";
import { CHECKPOINT_PAGES } from "./checkpointer.ts";

const PAGE_BYTES: number = 4 * KB;
/** Of each a page is kept beside the row's own. */
export const LOGS = JSON.stringify(["x".repeat(12 * KB)]) as RawJson;
export const BATCH = 200;
/** At least three pages a record. */
export const RECORDS_TO_COPY: number = CHECKPOINT_PAGES / 3;

export function insertBatch(
  store: SqliteActivations,
  length = BATCH,
): readonly ActivationDocument[] {
  const batch = Array.from({ length }, () => ({ ...activation(), logs: LOGS }));
  store.insert(batch);
  return batch;
}

export function logPages(directory: string): number {
  return statSync(join(directory, "activations.db-wal")).size / PAGE_BYTES;
}

/** As another process sees it. */
export function readLog(directory: string): { readonly pages: number; readonly isCopied: boolean } {
  using database = new DatabaseSync(join(directory, "activations.db"));
  const row = database.prepare("PRAGMA wal_checkpoint(NOOP)").get();
  return { pages: Number(row?.["log"]), isCopied: row?.["log"] === row?.["checkpointed"] };
}

export function countIn(directory: string): number {
  using database = new DatabaseSync(join(directory, "activations.db"));
  return Number(database.prepare("SELECT count(*) AS n FROM activations").get()?.["n"]);
}
