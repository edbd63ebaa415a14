// What is kept no longer goes, a few rows at a time, and nothing else does.

import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { ActivationDocument } from "../../entities/activation.ts";
import type { EntityName } from "../../entities/names.ts";
import { withDirectory } from "../../journal/disk-fixture.ts";
import type { RawJson } from "../../kernel/json.ts";
import { HOUR_MS, MB } from "../../kernel/units.ts";
import { activation, toValues } from "../activations.contract.ts";
import { SqliteActivations } from "./activations.ts";
import { openSqliteStores } from "./open.ts";
import { KEEP_ALL } from "./pruning.ts";

const GUEST = "guest" as EntityName;
const OTHER = "other" as EntityName;

function countIn(store: SqliteActivations, namespace = GUEST): number {
  return store.count({ namespace, skip: 0, limit: 0 });
}

async function startsIn(store: SqliteActivations): Promise<readonly unknown[]> {
  const pieces = await store.list({ namespace: GUEST, skip: 0, limit: 30 }, false);
  return toValues(pieces).map(({ start }) => start);
}

function activations(count: number, over: Parameters<typeof activation>[0] = {}) {
  return Array.from({ length: count }, (_, index) => activation({ start: index, ...over }));
}

/** How much went in each turn. */
function pruneAll(step: () => number): readonly number[] {
  const turns: number[] = [];
  for (let count = step(); count > 0; count = step()) turns.push(count);
  return turns;
}

test("what ended before then goes, of all namespaces, and the rest stays", () =>
  withDirectory(async (directory) => {
    await using store = new SqliteActivations(directory);
    store.insert([1, 2, 3, 4, 5].map((start) => activation({ start })));
    store.insert([activation({ start: 6, namespace: OTHER })]);
    assert.deepEqual(
      pruneAll(() => store.pruneOld(9)),
      [3],
    );
    assert.deepEqual(await startsIn(store), [5, 4]);
    assert.equal(countIn(store, OTHER), 1);
  }));

test("one that ran for long is kept for as long as one that ended with it", () =>
  withDirectory(async (directory) => {
    await using store = new SqliteActivations(directory);
    store.insert([activation({ start: 1, end: 15 }), activation({ start: 10 })]);
    store.insert([activation({ start: 2, end: 16 }), activation({ start: 12 })]);
    assert.equal(store.pruneOld(15), 0);
    assert.equal(store.pruneOld(16), 2);
    assert.equal(store.pruneOld(17), 1);
    assert.deepEqual(await startsIn(store), [12]);
  }));

test("of a namespace's excess the oldest go, and others are not looked at", () =>
  withDirectory(async (directory) => {
    await using store = new SqliteActivations(directory);
    store.insert([3, 1, 5, 2, 4].map((start) => activation({ start })));
    store.insert(activations(3, { namespace: OTHER }));
    assert.deepEqual(
      pruneAll(() => store.pruneExcess(3)),
      [2],
    );
    assert.deepEqual(await startsIn(store), [5, 4, 3]);
    assert.equal(countIn(store, OTHER), 3);
  }));

test("a turn deletes few rows, and of large ones fewer", () =>
  withDirectory(async (directory) => {
    await using store = new SqliteActivations(directory);
    store.insert(activations(250));
    assert.deepEqual(
      pruneAll(() => store.pruneOld(1000)),
      [100, 100, 50],
    );
    const response = JSON.stringify({ result: "x".repeat(MB) }) as RawJson;
    const large = (document: ActivationDocument) => ({ ...document, response });
    store.insert([...activations(2, { start: 0 }).map(large), ...activations(5)]);
    assert.deepEqual(
      pruneAll(() => store.pruneExcess(1)),
      [1, 1, 4],
    );
    assert.equal(countIn(store), 1);
  }));

test("what is inserted twice counts once, also of what was deleted in between", () =>
  withDirectory(async (directory) => {
    await using store = new SqliteActivations(directory);
    const documents = activations(10);
    store.insert(documents);
    store.insert(documents);
    assert.equal(store.pruneExcess(10), 0);
    assert.equal(store.pruneOld(10), 5);
    store.insert(documents);
    assert.equal(store.pruneExcess(10), 0);
    assert.equal(store.pruneExcess(9), 1);
  }));

test("a database from before there were counts is counted when it is opened", () =>
  withDirectory(async (directory) => {
    {
      await using store = new SqliteActivations(directory);
      store.insert(activations(5));
    }
    {
      using database = new DatabaseSync(join(directory, "activations.db"));
      database.exec("DROP TABLE counts; PRAGMA user_version = 1");
    }
    await using store = new SqliteActivations(directory);
    assert.equal(store.pruneExcess(4), 1);
    assert.equal(countIn(store), 4);
  }));

test("the stores' thread deletes by itself, also what an earlier one left", () =>
  withDirectory(async (directory) => {
    const now = Date.now();
    const kept = activation({ start: now });
    {
      await using stores = await openSqliteStores(directory);
      const old = activations(300, { start: now - 2 * HOUR_MS });
      const others = activations(300, { start: now, namespace: OTHER });
      const put = [...old, kept, ...others].map((d) => stores.activations.put(d, "written"));
      await Promise.all(put);
    }
    const retention = { ...KEEP_ALL, activationAgeMs: HOUR_MS, activationsMax: 100 };
    await using stores = await openSqliteStores(directory, { retention });
    const count = (namespace: EntityName) =>
      stores.activations.count({ namespace, skip: 0, limit: 0 });
    while ((await count(GUEST)) > 1 || (await count(OTHER)) > 100) await delay(20);
    assert.equal((await stores.activations.get(GUEST, kept.activationId))?.start, now);
    assert.equal(await count(OTHER), 100);
  }));
