// `brisk namespace` and `brisk list`, typed against a running platform.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useTyping } from "./typing.ts";

const NAME_WIDTH = 70;

const { brisk, path, cli, ok } = useTyping(() => {
  writeFileSync(join(path, "hello.js"), "const main = () => ({});");
});

function toRow(name: string, rest: string): string {
  return `${`/guest/${name}`.padEnd(NAME_WIDTH)} ${rest}`;
}

test("the guest's namespace is listed", async () => {
  assert.equal(await ok("namespace list"), `namespaces\n${brisk().namespace}\n`);
});

test("all that is in a namespace is listed, by name where asked", async () => {
  const empty = "Entities in namespace: default\npackages\nactions\ntriggers\nrules\n";
  assert.equal(await ok("list"), empty);
  await ok("package create b-pack --shared yes");
  await ok("package create a-pack");
  await ok("action create b-pack/one hello.js");
  await ok("action create two hello.js");
  await ok("trigger create happens");
  await ok("rule create then happens two");
  const sorted = [
    "Entities in namespace: default",
    ...["packages", toRow("a-pack", "private"), toRow("b-pack", "shared")],
    ...["actions", toRow("two", "private nodejs:24"), toRow("b-pack/one", "private nodejs:24")],
    ...["triggers", toRow("happens", "private")],
    ...["rules", toRow("then", `${"private".padEnd(20)} active`), ""],
  ].join("\n");
  assert.equal(await ok("list --name-sort"), sorted);
  assert.equal(await ok("namespace get -n"), sorted);
  const newestFirst = await ok("namespace get");
  assert.ok(newestFirst.indexOf("a-pack") < newestFirst.indexOf("b-pack"));
  assert.equal(
    await ok("list /guest -n"),
    sorted.replace("namespace: default", "namespace: guest"),
  );
});

test("another's namespace is refused", async () => {
  const { code, stdout, stderr } = await cli("list /other");
  assert.deepEqual([code, stdout], [147, ""]);
  assert.match(stderr, /^error: Unable to obtain the list of .+ not authorized to access 'other'/);
});
