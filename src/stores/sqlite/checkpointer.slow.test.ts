// The log of activations.db where nobody but the thread that writes can copy it, where there is no room
// for the copy, and where the process is killed meanwhile.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as delay, setImmediate } from "node:timers/promises";
import type { EntityName } from "../../entities/names.ts";
import { MAY_MOUNT, withDirectory, withDisk } from "../../journal/disk-fixture.ts";
import { MB } from "../../kernel/units.ts";
import { SqliteActivations } from "./activations.ts";
import { CHECKPOINT_PAGES, Checkpointer, LOG_PAGES_MAX } from "./checkpointer.ts";
import {
  BATCH,
  countIn,
  insertBatch,
  LOGS,
  logPages,
  RECORDS_TO_COPY,
  readLog,
} from "./checkpointer-fixture.ts";

const GUEST = "guest" as EntityName;
const SQLITE_FULL = 13;
const BLOB_PAGES = 250;

test("where the other thread cannot open the database the writer's copies, and says so once", () =>
  withDirectory(async (directory) => {
    const file = join(directory, "activations.db");
    const heldUp: unknown[] = [];
    using database = new DatabaseSync(file);
    database.exec("PRAGMA journal_mode = WAL; CREATE TABLE blobs (bytes BLOB)");
    const lost = join(directory, "lost", "activations.db");
    const onHeldUp = (cause: unknown) => heldUp.push(cause);
    await using checkpointer = new Checkpointer({ database, file: lost, onHeldUp });
    const insert = database.prepare(`INSERT INTO blobs VALUES (zeroblob(${BLOB_PAGES * 4096}))`);
    let written = 0;
    for (let pages = 0; pages < 3 * LOG_PAGES_MAX; pages += BLOB_PAGES) {
      insert.run();
      checkpointer.wrote();
      written++;
      await setImmediate();
    }
    assert.ok(logPages(directory) < 1.1 * LOG_PAGES_MAX, `${logPages(directory)} pages`);
    assert.deepEqual(heldUp.map(String), ["Error: unable to open database file"]);
    assert.ok(!existsSync(lost), "no database is made in its place");
    assert.equal(database.prepare("SELECT count(*) AS n FROM blobs").get()?.["n"], written);
  }));

test("a writer that lets no other thread's end be heard is held up where the log is too long", () =>
  withDirectory(async (directory) => {
    const heldUp: unknown[] = [];
    await using store = new SqliteActivations(directory, (cause) => heldUp.push(cause));
    for (let count = 0; count < 8 * RECORDS_TO_COPY; count += BATCH) insertBatch(store);
    assert.ok(logPages(directory) < 1.1 * LOG_PAGES_MAX, `${logPages(directory)} pages`);
    const cause = "Error: the database's log grows faster than it is copied";
    assert.deepEqual(heldUp.map(String), [cause]);
  }));

/** Room for a log that is to be copied, but not for the copy. */
const ROOM_MB = 40;
const DISK_MB = 200;

test(
  "a disk too full for the copy is met by who writes only, and with room it goes on",
  {
    skip: !MAY_MOUNT,
  },
  () =>
    withDisk(async (directory) => {
      const filler = join(directory, "filler");
      writeFileSync(filler, Buffer.alloc((DISK_MB - ROOM_MB) * MB));
      const heldUp: unknown[] = [];
      await using store = new SqliteActivations(directory, (cause) => heldUp.push(cause));
      let count = 0;
      while (readLog(directory).pages < CHECKPOINT_PAGES) count += insertBatch(store).length;
      const fillUp = async () => {
        for (; ; await delay(5)) count += insertBatch(store, 10).length;
      };
      await assert.rejects(fillUp(), { errcode: SQLITE_FULL });
      assert.equal(store.count({ namespace: GUEST, skip: 0, limit: 0 }), count);
      rmSync(filler);
      while (readLog(directory).pages >= CHECKPOINT_PAGES) {
        count += insertBatch(store, 10).length;
        await delay(5);
      }
      assert.deepEqual(heldUp, []);
      assert.equal(countIn(directory), count);
    }, DISK_MB),
);

const WRITER = `
  import { writeSync } from "node:fs";
  import { setImmediate } from "node:timers/promises";
  const { SqliteActivations } = await import(${JSON.stringify(new URL("./activations.ts", import.meta.url))});
  const { activation } = await import(${JSON.stringify(new URL("../activations.contract.ts", import.meta.url))});
  const [directory, logs] = process.argv.slice(1);
  const store = new SqliteActivations(directory);
  for (let count = 0; ; count += ${BATCH}) {
    writeSync(1, count + "\\n");
    store.insert(Array.from({ length: ${BATCH} }, () => ({ ...activation(), logs })));
    await setImmediate();
  }`;

test("killed while the log is copied, the database has what was inserted", () =>
  withDirectory(async (directory) => {
    let least = 0;
    for (const killAfterMs of [20, 80, 200]) {
      const args = ["--no-warnings", "--input-type=module", "--eval", WRITER, directory, LOGS];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      let inserted = 0;
      const isLong = Promise.withResolvers<void>();
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        inserted = Math.max(inserted, ...text.trim().split("\n").map(Number));
        if (inserted >= RECORDS_TO_COPY) isLong.resolve();
      });
      await isLong.promise;
      await delay(killAfterMs);
      child.kill("SIGKILL");
      await once(child, "close");
      least += inserted;
      using database = new DatabaseSync(join(directory, "activations.db"));
      const check = database.prepare("PRAGMA integrity_check").get();
      assert.equal(check?.["integrity_check"], "ok");
      assert.ok(countIn(directory) >= least, `${least} were inserted`);
      await using store = new SqliteActivations(directory);
      least = store.count({ namespace: GUEST, skip: 0, limit: 0 });
      assert.equal(least, countIn(directory));
    }
  }));
