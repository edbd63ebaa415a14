// Versions and aliases of actions, typed against a running platform.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useTyping } from "./typing.ts";

const { path, cli, ok } = useTyping(async () => {
  for (const is of [1, 2, 3]) {
    writeFileSync(join(path, `${is}.js`), `exports.main = () => ({ is: ${is} })`);
  }
  await ok("action create hello 1.js");
  await ok("action update hello 2.js");
  await ok("action update hello 3.js");
});

async function run(flags: string): Promise<unknown> {
  return JSON.parse(await ok(`action invoke hello -r ${flags}`.trim())).is;
}

/** Without the times. */
async function list(name: string): Promise<readonly string[]> {
  const lines = (await ok(`action versions ${name}`)).trimEnd().split("\n");
  return lines.map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|Datetime {11}/, "-"));
}

test("a version is run, shown and saved", async () => {
  assert.equal(await run("--version 0.0.1"), 1);
  assert.equal(await run(""), 3);
  const shown = await ok("action get hello --version 0.0.2");
  assert.equal(JSON.parse(shown.slice(shown.indexOf("\n"))).version, "0.0.2");
  await ok("action get hello --version 0.0.2 --save-as saved.js");
  await ok("action create saved saved.js");
  assert.equal(JSON.parse(await ok("action invoke saved -r")).is, 2);
});

test("versions are listed, the current one first, each with its share of every alias", async () => {
  assert.equal(
    await ok("action alias hello live=0.0.1:90,0.0.3:10 canary=0.0.3"),
    "ok: set aliases of action hello\n",
  );
  assert.deepEqual(await list("hello"), [
    "Version - Kind      State   Aliases",
    "0.0.3   - nodejs:24 current live 10%, canary 100%",
    "0.0.2   - nodejs:24 kept",
    "0.0.1   - nodejs:24 kept    live 90%",
  ]);
  assert.equal(await run("--alias canary"), 3);
  await ok("action alias hello canary=0.0.2 live=");
  assert.equal(await run("--alias canary"), 2);
  assert.deepEqual((await list("hello")).slice(1), [
    "0.0.3   - nodejs:24 current",
    "0.0.2   - nodejs:24 kept    canary 100%",
    "0.0.1   - nodejs:24 kept",
  ]);
  await ok("action alias hello canary=");
  assert.equal((await cli("action invoke hello --alias canary")).code, 148);
});

test("the alias default is what runs", async () => {
  await ok("action alias hello default=0.0.1");
  assert.equal(await run(""), 1);
  await ok("action alias hello default=");
  assert.equal(await run(""), 3);
});

test("a copy has none of the aliases", async () => {
  await ok("action alias hello live=0.0.1");
  await ok("action create copied hello --copy");
  assert.deepEqual((await list("copied")).length, 2);
  await ok("action alias hello live=");
});

for (const [typed, code, stderr] of [
  [
    "action invoke hello --version 0.0.9",
    148,
    /Unable to invoke action 'hello': The version 0\.0\.9 of the action is not kept\./,
  ],
  ["action get hello --version 0.0.9", 148, /The version 0\.0\.9 of the action is not kept\./],
  ["action get hello --version latest", 144, /'latest' is not a version, must be major\.minor/],
  ["action versions none", 148, /Unable to list the versions of action 'none': The requested/],
  ["action alias hello live=0.0.9", 144, /names version 0\.0\.9, which is not kept: there are/],
  ["action alias hello live", 2, /'live' is no alias with its versions, must be like live=/],
  ["action alias hello live=0.0.1:many", 2, /'live=0\.0\.1:many' is no alias with its versions/],
  ["action alias hello", 1, /missing required argument 'ALIAS=VERSIONS/],
] as const) {
  test(`${typed} is refused with a sentence`, async () => {
    const ended = await cli(typed);
    assert.match(ended.stderr, stderr);
    assert.deepEqual([ended.code, ended.stdout], [code, ""]);
  });
}
