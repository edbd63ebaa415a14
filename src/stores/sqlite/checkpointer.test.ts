// The log of activations.db stays short without the thread that writes having to copy it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay, setImmediate } from "node:timers/promises";
import type { ActivationDocument } from "../../entities/activation.ts";
import { withDirectory } from "../../journal/disk-fixture.ts";
import { SqliteActivations } from "./activations.ts";
import { CHECKPOINT_PAGES, LOG_PAGES_MAX } from "./checkpointer.ts";
import {
  countIn,
  insertBatch,
  logPages,
  RECORDS_TO_COPY,
  readLog,
} from "./checkpointer-fixture.ts";

test("a long log is copied by another thread while records come, and begun anew", () =>
  withDirectory(async (directory) => {
    const heldUp: unknown[] = [];
    await using store = new SqliteActivations(directory, (cause) => heldUp.push(cause));
    let count = 0;
    for (let round = 0; round < 2; round++) {
      while (readLog(directory).pages < CHECKPOINT_PAGES) count += insertBatch(store).length;
      while (readLog(directory).pages >= CHECKPOINT_PAGES) {
        count += insertBatch(store, 1).length;
        await delay(5);
      }
    }
    await store.durable();
    assert.deepEqual(heldUp, []);
    assert.ok(logPages(directory) < LOG_PAGES_MAX, `${logPages(directory)} pages`);
    assert.equal(countIn(directory), count);
  }));

test("a log that is short is left alone", () =>
  withDirectory(async (directory) => {
    await using store = new SqliteActivations(directory);
    while (readLog(directory).pages < CHECKPOINT_PAGES / 2) insertBatch(store);
    await setImmediate();
    assert.ok(!readLog(directory).isCopied);
  }));

test("closed while the log is copied, the database has everything and no log", () =>
  withDirectory(async (directory) => {
    const inserted: ActivationDocument[] = [];
    {
      await using store = new SqliteActivations(directory);
      while (inserted.length < RECORDS_TO_COPY) inserted.push(...insertBatch(store));
    }
    assert.ok(!existsSync(join(directory, "activations.db-wal")));
    await using store = new SqliteActivations(directory);
    assert.equal(countIn(directory), inserted.length);
    for (const { activationId } of inserted) assert.ok(store.has(activationId));
  }));
