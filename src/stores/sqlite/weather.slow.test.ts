// The embedded stores in bad weather: files that are damaged, too new, or made by two at once; a disk
// without room; more than there is room for.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { EntityName, EntityPath } from "../../entities/names.ts";
import { fill, MAY_MOUNT, withDirectory, withDisk } from "../../journal/disk-fixture.ts";
import type { RawJson } from "../../kernel/json.ts";
import { KB, MB } from "../../kernel/units.ts";
import { activation, toValues } from "../activations.contract.ts";
import { openSqliteStores } from "./open.ts";
import { openSubjects } from "./subjects.ts";

const GUEST = "guest" as EntityName;
const PAGE = { namespace: GUEST, skip: 0, limit: 200 };

test("a newer schema is refused with a sentence", () =>
  withDirectory(async (directory) => {
    const file = join(directory, "whisks.db");
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    database.close();
    await assert.rejects(openSqliteStores(directory), {
      code: "storage-failed",
      message: `Cannot open ${file} of schema version 99, as this Brisk knows 2: start it with the newer Brisk that wrote it`,
    });
  }));

test("a file that is no database is refused with a sentence, and left as it is", () =>
  withDirectory(async (directory) => {
    const file = join(directory, "subjects.db");
    const text = "no database ".repeat(1000);
    writeFileSync(file, text);
    const expected = {
      code: "storage-failed",
      message: `Cannot open ${file}: file is not a database: restore it from a backup, or move it away`,
    };
    await assert.rejects(openSqliteStores(directory), expected);
    assert.throws(() => openSubjects(directory), expected);
    assert.equal(readFileSync(file, "utf8"), text);
  }));

test("processes that make the same databases at once all succeed", () =>
  withDirectory(async (directory) => {
    const source = `
      const { openSubjects } = await import(${JSON.stringify(new URL("./subjects.ts", import.meta.url))});
      process.stdout.write("ready");
      process.stdin.once("data", async () => {
        await using subjects = openSubjects(${JSON.stringify(directory)});
        await subjects.putLimits(String(process.pid), {});
        process.stdin.destroy();
      });`;
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ["--no-warnings", "--input-type=module", "--eval", source], {
        stdio: ["pipe", "pipe", "inherit"],
      }),
    );
    await Promise.all(children.map(({ stdout }) => once(stdout, "data")));
    for (const { stdin } of children) stdin.write("go");
    const codes = await Promise.all(children.map(async (child) => (await once(child, "close"))[0]));
    assert.deepEqual(codes, [0, 0, 0]);
    await using subjects = openSubjects(directory);
    for (const { pid } of children) assert.deepEqual(await subjects.getLimits(`${pid}`), {});
  }));

test("a limits document with a wrong field is void", () =>
  withDirectory(async (directory) => {
    await using subjects = openSubjects(directory);
    const limits = { invocationsPerMinute: "10", storeActivations: true } as unknown as object;
    await subjects.putLimits("guest", limits);
    assert.equal(await subjects.getLimits("guest"), undefined);
  }));

test("a list that would not fit into memory is refused, a shorter one is not", () =>
  withDirectory(async (directory) => {
    await using stores = await openSqliteStores(directory);
    const logs = JSON.stringify(["x".repeat(8 * MB)]) as RawJson;
    for (let count = 0; count < 9; count++) {
      await stores.activations.put({ ...activation(), logs }, "written");
    }
    await assert.rejects(stores.activations.list(PAGE, true), { code: "too-large" });
    const shorter = await stores.activations.list({ ...PAGE, limit: 2 }, true);
    assert.equal(toValues(shorter).length, 2);
    assert.equal(toValues(await stores.activations.list(PAGE, false)).length, 9);
  }));

test("where too much is not stored yet a put waits, and nothing is lost", () =>
  withDirectory(async (directory) => {
    await using stores = await openSqliteStores(directory);
    const logs = JSON.stringify(["x".repeat(MB)]) as RawJson;
    const puts = Array.from({ length: 100 }, () =>
      stores.activations.put({ ...activation(), logs }, "written"),
    );
    await Promise.all(puts);
    assert.equal(await stores.activations.count(PAGE), 100);
  }));

test(
  "on a full disk every store refuses, reads, and goes on when there is room",
  {
    skip: !MAY_MOUNT,
  },
  () =>
    withDisk(async (directory) => {
      await using stores = await openSqliteStores(directory);
      const kept = activation();
      await stores.activations.put(kept, "durable");
      assert.equal(await stores.activations.count(PAGE), 1);
      const document = { namespace: "guest" as EntityPath, name: "rule" as EntityName, updated: 1 };
      const text = "x".repeat(8 * KB);
      const putEntity = (index: number) =>
        stores.entities.put({
          id: `guest/${index}` as never,
          type: "rule",
          document: { ...document, text } as never,
        });
      const putSubject = (index: number) =>
        stores.subjects.put({ subject: `${index}`.padEnd(8 * KB), namespaces: [] });
      const putRecord = () =>
        stores.activations.put(
          { ...activation(), logs: JSON.stringify([text]) as RawJson },
          "durable",
        );
      const makeRoom = fill(directory);
      for (const put of [putEntity, putSubject, putRecord]) {
        await assert.rejects(repeat(put), { code: "storage-full" });
      }
      assert.deepEqual(await stores.activations.get(GUEST, kept.activationId), kept);
      assert.equal(typeof (await stores.entities.count("rule", "guest" as EntityPath)), "number");
      makeRoom();
      await putEntity(1000);
      await putSubject(1000);
      await putRecord();
      assert.ok((await stores.activations.count(PAGE)) >= 2);
    }),
);

/** Until it is refused: what is left of a page still takes some. */
async function repeat(put: (index: number) => Promise<unknown>): Promise<never> {
  for (let index = 0; ; index++) await put(index);
}
