// The embedded stores: the contracts, and what only they do.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { activation, testActivations } from "../activations.contract.ts";
import { testEntities } from "../entities.contract.ts";
import { testSubjects } from "../subjects.contract.ts";
import { openSqliteStores, type SqliteStores } from "./open.ts";
import { openSubjects } from "./subjects.ts";

function create<Name extends "entities" | "subjects" | "activations">(name: Name) {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), "brisk-sqlite-"));
    const opened = new Set<SqliteStores>();
    return {
      open: async (): Promise<SqliteStores[Name]> => {
        const stores = await openSqliteStores(directory);
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

testSubjects("sqlite, without a thread", async () => {
  const directory = mkdtempSync(join(tmpdir(), "brisk-sqlite-"));
  return {
    open: async () => openSubjects(directory),
    remove: async () => rmSync(directory, { recursive: true }),
  };
});

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "brisk-sqlite-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

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

test("a newer schema is refused with a sentence", () =>
  withDirectory(async (directory) => {
    const file = join(directory, "whisks.db");
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    database.close();
    await assert.rejects(openSqliteStores(directory), {
      code: "storage-failed",
      message: `Cannot open ${file} of schema version 99, as this Brisk knows 1: start it with the newer Brisk that wrote it`,
    });
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
