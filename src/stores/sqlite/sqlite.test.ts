// The embedded stores: the contracts, and what only they do.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { withDirectory } from "../../journal/disk-fixture.ts";
import { HOUR_MS } from "../../kernel/units.ts";
import { activation, testActivations } from "../activations.contract.ts";
import { testEntities } from "../entities.contract.ts";
import { KEYS_MAX, testIdempotency } from "../idempotency.contract.ts";
import { testSubjects } from "../subjects.contract.ts";
import { openSqliteStores, type SqliteStores } from "./open.ts";
import { openSubjects } from "./subjects.ts";

const IDEMPOTENCY = { ageMs: 24 * HOUR_MS, countMax: KEYS_MAX };

function create<Name extends "entities" | "subjects" | "activations" | "idempotency">(name: Name) {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), "brisk-sqlite-"));
    const opened = new Set<SqliteStores>();
    return {
      open: async (): Promise<SqliteStores[Name]> => {
        const stores = await openSqliteStores(directory, { idempotency: IDEMPOTENCY });
        opened.add(stores);
        const close = async () => {
          if (!opened.delete(stores)) return;
          await stores[Symbol.asyncDispose]();
        };
        return withClose(stores[name], close);
      },
      remove: async () => rmSync(directory, { recursive: true }),
    };
  };
}

/** The same store, but closed by something else. */
function withClose<Store extends object>(store: Store, close: () => Promise<void>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === Symbol.asyncDispose) return close;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

testActivations("sqlite", create("activations"));
testEntities("sqlite", create("entities"));
testSubjects("sqlite", create("subjects"));
testIdempotency("sqlite", create("idempotency"));

testSubjects("sqlite, without a thread", async () => {
  const directory = mkdtempSync(join(tmpdir(), "brisk-sqlite-"));
  return {
    open: async () => openSubjects(directory),
    remove: async () => rmSync(directory, { recursive: true }),
  };
});

test("every file is private", () =>
  withDirectory(async (directory) => {
    await using stores = await openSqliteStores(directory);
    await stores.activations.put(activation(), "durable");
    await stores.subjects.putLimits("guest", {});
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      const { mode } = statSync(join(entry.parentPath, entry.name));
      assert.equal(mode & 0o077, 0, entry.name);
    }
  }));

test("a clean end leaves no records in the journal", () =>
  withDirectory(async (directory) => {
    {
      await using stores = await openSqliteStores(directory);
      for (let count = 0; count < 1000; count++) {
        await stores.activations.put(activation(), "written");
      }
    }
    const [segment, ...others] = readdirSync(join(directory, "records"));
    assert.deepEqual(others, []);
    assert.equal(statSync(join(directory, "records", segment ?? "")).size, 0);
  }));
