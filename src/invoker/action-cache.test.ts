// What an invoker loads for a message, over the real store: the revision that was accepted, or what
// stands for it where that is gone.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CodeAction } from "../entities/action.ts";
import {
  type DocumentId,
  type EntityName,
  type EntityPath,
  toVersionId,
} from "../entities/names.ts";
import type { EntityStore, Revision } from "../stores/port.ts";
import { openSqliteStores } from "../stores/sqlite/open.ts";
import { ActionCache } from "./action-cache.ts";

const ID = "guest/a" as DocumentId;

/** Its code is its version. */
function action(version: string): CodeAction {
  return {
    namespace: "guest" as EntityPath,
    name: "a" as EntityName,
    version,
    exec: { kind: "nodejs:24", code: version, binary: false },
    parameters: [],
    annotations: [],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    publish: false,
    updated: 1,
  };
}

interface Fixture {
  readonly entities: EntityStore;
  /** Of version 0.0.1, which is kept, and of 0.0.2, the current one. */
  readonly revisions: readonly [first: string, second: string];
  /** Documents that were read so far. */
  reads(): number;
  readonly cache: ActionCache;
}

async function withTwoVersions(body: (fixture: Fixture) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "brisk-cache-"));
  try {
    await using stores = await openSqliteStores(directory);
    const { entities } = stores;
    const first = await entities.put({ id: ID, type: "action", document: action("0.0.1") });
    const kept = { ...action("0.0.1"), kept: { revision: first, at: 1 } };
    await entities.put({ id: toVersionId(ID, "0.0.1"), type: "version", document: kept });
    const second = await entities.put({
      id: ID,
      type: "action",
      document: action("0.0.2"),
      replaces: first,
    });
    let reads = 0;
    const get: EntityStore["get"] = (...given) => {
      reads++;
      return entities.get(...given);
    };
    const cache = new ActionCache({ get }, 1000);
    await body({ entities, cache, reads: () => reads, revisions: [first, second] });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test("a pinned version is the kept one, and is remembered under the revision that it always had", async () => {
  await withTwoVersions(async ({ cache, reads, revisions: [first] }) => {
    const wanted = { id: ID, revision: first, version: "0.0.1", pinned: true } as const;
    assert.equal((await cache.load(wanted))?.exec.code, "0.0.1");
    assert.equal(reads(), 1);
    assert.equal(cache.peek(ID, first)?.exec.code, "0.0.1");
  });
});

test("a pinned version may be the current one", async () => {
  await withTwoVersions(async ({ cache, revisions: [, second] }) => {
    const wanted = { id: ID, revision: second, version: "0.0.2", pinned: true } as const;
    assert.equal((await cache.load(wanted))?.exec.code, "0.0.2");
    assert.equal(cache.peek(ID, second)?.exec.code, "0.0.2");
  });
});

test("what is not pinned is the newest where its revision is gone", async () => {
  await withTwoVersions(async ({ cache, revisions: [first] }) => {
    const loaded = await cache.load({ id: ID, revision: first, version: "0.0.1" });
    assert.equal(loaded?.exec.code, "0.0.2");
    assert.equal(cache.peek(ID, first), undefined);
  });
});

test("of a version that was dropped an alias runs the newest, who asked for it gets nothing", async () => {
  await withTwoVersions(async ({ cache, entities, revisions: [first] }) => {
    const id = toVersionId(ID, "0.0.1");
    const { revision } = (await entities.get(id)) as { revision: Revision };
    await entities.delete(id, revision);
    const wanted = { id: ID, revision: first, version: "0.0.1", pinned: true } as const;
    // At a time: what is loaded for one is not for the other.
    const [byAlias, byVersion] = await Promise.all([
      cache.load({ ...wanted, alias: "live" }),
      cache.load(wanted),
    ]);
    assert.equal(byAlias?.exec.code, "0.0.2");
    assert.equal(byVersion, undefined);
  });
});
