// The thread that copies a database's write-ahead log into the database, and ends. What is written
// meanwhile it copies as well, round by round, each shorter than the one before, until nothing was.
// A failure ends the thread: the log stays as it is, and whoever started the thread hears of it.

import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { workerData } from "node:worker_threads";
import type { CheckpointOrder } from "./checkpointer.ts";

/** Two do where writers rest as long as a round of a few pages takes, some 5 ms; here they hardly do. */
const ROUNDS_MAX = 10;

const { file, ended } = workerData as CheckpointOrder;

function copyAll(): void {
  const url = pathToFileURL(file);
  // A file that is gone is not made anew.
  url.searchParams.set("mode", "rw");
  using database = new DatabaseSync(url);
  // Waits for nobody, and nobody for it. The length of the log that it tells is that of its beginning.
  const copy = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  let before: unknown;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const log = copy.get()?.["log"];
    if (log === before) return;
    before = log;
  }
}

try {
  copyAll();
} finally {
  Atomics.store(ended, 0, 1);
  Atomics.notify(ended, 0);
}
