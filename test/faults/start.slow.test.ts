// What a start does with a data directory that is in use, torn, too new, or not to be written.

import assert from "node:assert/strict";
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { type ActivationRecord, invoke, putAction, readActivation } from "../api/fixture.ts";
import { type Brisk, startBrisk } from "../harness.ts";
import { failToStart, MAY_MOUNT, openTestDirectory, openTestDisk } from "./test-directory.ts";

const ARGS = ["--driver", "process", "--stem-cells", "0"];

test("a second platform on the same data directory is told who holds it", async () => {
  await using brisk = await startBrisk({ args: ARGS });
  const said = await failToStart({ data: brisk.data, args: ARGS });
  assert.ok(
    said.includes(`is in use by brisk up at ${brisk.url}, process ${brisk.child.pid}`),
    said,
  );
});

test("what a crash tore at the end of the journals is cut off, and the rest is there", async () => {
  await using directory = await openTestDirectory();
  let ids: string[];
  {
    await using brisk = await startBrisk({ data: directory.data, args: ARGS });
    ids = await makeRecords(brisk);
    await brisk.stop("SIGKILL");
  }
  for (const journal of ["bus", "records"]) {
    const path = join(directory.data, journal);
    const last = readdirSync(path).sort().at(-1);
    assert.ok(last);
    // The head of a frame of which the rest was not written.
    appendFileSync(join(path, last), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 77, 0, 0]));
  }
  await using brisk = await startBrisk({ data: directory.data, args: ARGS });
  for (const id of ids) assert.equal((await readActivation(brisk, id)).response.status, "success");
  await makeRecords(brisk);
});

async function makeRecords(brisk: Brisk): Promise<string[]> {
  await putAction(brisk, { name: "quick", code: "const main = () => ({});" });
  const answers = await Promise.all(Array.from({ length: 5 }, () => invoke(brisk, "quick")));
  return answers.map(({ json }) => (json as ActivationRecord).activationId);
}

test("a database of a newer version is refused with a sentence and left as it is", async () => {
  await using directory = await openTestDirectory();
  const { data } = directory;
  await (await startBrisk({ data, args: ARGS }))[Symbol.asyncDispose]();
  const databases = readdirSync(data).filter((name) => name.endsWith(".db") && name !== "lock.db");
  assert.equal(databases.length, 3);
  for (const name of databases) {
    const file = join(data, name);
    const before = setVersion(file, NEWER);
    assert.match(await failToStart({ data, args: ARGS }), new RegExp(`${name} .*newer`));
    assert.equal(setVersion(file, before), NEWER);
  }
});

const NEWER = 1000;

/** @returns the version before */
function setVersion(file: string, version: number): number {
  using database = new DatabaseSync(file);
  const before = database.prepare("PRAGMA user_version").get();
  database.exec(`PRAGMA user_version = ${version}`);
  return Number(before?.["user_version"]);
}

test("a data directory that cannot be written ends the start with a sentence", {
  skip: !MAY_MOUNT,
}, async () => {
  await using disk = await openTestDisk(16);
  disk.setReadOnly(true);
  assert.match(
    await failToStart({ data: disk.data, args: ARGS }),
    /The data directory .* cannot be written: /,
  );
  disk.setReadOnly(false);
  await (await startBrisk({ data: disk.data, args: ARGS }))[Symbol.asyncDispose]();
  disk.setReadOnly(true);
  assert.match(
    await failToStart({ data: disk.data, args: ARGS }),
    /The data directory .* cannot be written: /,
  );
});
