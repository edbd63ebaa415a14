// `brisk rule` against a real platform.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Json, putAction } from "../api/fixture.ts";
import { useTyping } from "./typing.ts";

const { cli, ok } = useTyping(async (up) => {
  await putAction(up, { name: "echo", code: "const main = (all) => all" });
  for (const name of ["one", "two"]) {
    const path = `/api/v1/namespaces/_/triggers/${name}`;
    assert.equal((await up.request("PUT", path, { body: {} })).status, 200);
  }
});

test("a rule is created active, shown, moved and deleted", async () => {
  assert.equal(await ok("rule create made one echo"), "ok: created rule made\n");
  const [head, ...rest] = (await ok("rule get made")).split("\n");
  assert.equal(head, "ok: got rule made");
  const record = JSON.parse(rest.join("\n")) as Json;
  assert.deepEqual(Object.keys(record), [
    ...["namespace", "name", "version", "status", "trigger", "action", "publish", "updated"],
  ]);
  assert.deepEqual(
    [record["status"], record["trigger"], record["action"]],
    ["active", { name: "one", path: "guest" }, { name: "echo", path: "guest" }],
  );
  assert.equal(
    await ok("rule get made status"),
    'ok: got rule made, displaying field status\n"active"\n',
  );
  assert.equal(await ok("rule get made -s"), "rule /guest/made\n   (status: active)\n");
  assert.equal(await ok("rule update made /guest/two /_/echo"), "ok: updated rule made\n");
  assert.match(await ok("rule get made trigger"), /"name": "two"/);
  assert.equal(await ok("rule delete made"), "ok: deleted rule made\n");
  assert.equal((await cli("rule get made")).code, 148);
});

test("a rule is switched off and on, and its status shown", async () => {
  await ok("rule create switched one echo");
  assert.equal(await ok("rule status switched"), "ok: rule switched is active\n");
  assert.equal(await ok("rule disable switched"), "ok: disabled rule switched\n");
  assert.equal(await ok("rule status switched"), "ok: rule switched is inactive\n");
  assert.equal(await ok("rule enable switched"), "ok: enabled rule switched\n");
  assert.equal(await ok("rule status switched"), "ok: rule switched is active\n");
  assert.equal(await ok("rule delete switched --disable"), "ok: deleted rule switched\n");
});

test("rules are listed with visibility and status", async () => {
  await ok("rule create list-b one echo");
  await ok("rule create list-a one echo");
  await ok("rule disable list-b");
  const toRow = (name: string, status: string) =>
    `${`/guest/${name}`.padEnd(70)} ${"private".padEnd(20)} ${status}`;
  const listed = (await ok("rule list -l 2")).split("\n");
  const rows = [toRow("list-a", "active"), toRow("list-b", "inactive")];
  assert.deepEqual(listed, ["rules", ...rows, ""]);
  const second = (await ok("rule list --limit 1 --skip 1 --name-sort")).split("\n");
  assert.deepEqual(second, ["rules", toRow("list-b", "inactive"), ""]);
  const [first] = JSON.parse(await ok("rule list -l 1 -o json")) as Json[];
  assert.deepEqual([first?.["name"], first?.["status"]], ["list-a", "active"]);
});

test("refusals end as the status says", async () => {
  await ok("rule create taken one echo");
  const refusals: readonly (readonly [string, number, RegExp])[] = [
    ["rule create taken one echo", 153, /create rule 'taken': resource already exists/],
    ["rule create r none echo", 144, /create rule 'r': trigger \/guest\/none does not exist/],
    ["rule create r one none", 144, /create rule 'r': action \/guest\/none does not exist/],
    ["rule create r /other/one echo", 147, /not authorized to access 'other\/one'/],
    ["rule get missing", 148, /get rule 'missing': The requested resource does not exist\./],
    ["rule status missing", 148, /get status of rule 'missing': /],
    ["rule enable missing", 148, /enable rule 'missing': /],
    ["rule delete missing", 148, /delete rule 'missing': /],
    ["rule delete missing --disable", 148, /delete rule 'missing': /],
    ["rule get one", 153, /but is not in this collection/],
    ["rule get taken nothing", 1, /Invalid field filter 'nothing'/],
    ["rule create r one", 1, /missing required argument/],
  ];
  for (const [typed, exitCode, text] of refusals) {
    const { code, stdout, stderr } = await cli(typed);
    assert.deepEqual([code, stdout], [exitCode, ""], typed);
    assert.match(stderr, text);
  }
});
