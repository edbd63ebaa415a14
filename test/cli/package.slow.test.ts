// `brisk package` and actions in packages, typed against a running platform; what scripts compare, to
// the letter.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useTyping } from "./typing.ts";

const { brisk, path, cli, ok } = useTyping(async () => {
  writeFileSync(join(path, "echo.js"), "function main(all) { return all; }");
});

async function read(name: string): Promise<Record<string, unknown>> {
  const printed = await ok(`package get ${name}`);
  assert.ok(printed.startsWith(`ok: got package ${name}\n{\n    "namespace": "guest",\n`), printed);
  return JSON.parse(printed.slice(printed.indexOf("\n")));
}

test("a package is created, changed where something was typed, shown and deleted", async () => {
  writeFileSync(join(path, "p.json"), '{ "a": 1, "b": [2] }');
  const flags = ["-P", "p.json", "-p", "a", "x", "-a", "note", "first", "--shared", "yes"];
  assert.equal(await ok("package create kept", ...flags), "ok: created package kept\n");
  const made = await read("kept");
  assert.deepEqual(Object.keys(made), [
    ...["namespace", "name", "version", "publish", "annotations", "parameters", "updated"],
  ]);
  const parameters = [
    { key: "b", value: [2] },
    { key: "a", value: "x" },
  ];
  assert.deepEqual(made["parameters"], parameters);
  assert.equal(made["publish"], true);
  assert.equal(await ok("package update kept -a note second"), "ok: updated package kept\n");
  const changed = await read("kept");
  assert.deepEqual(
    { ...changed, updated: made["updated"] },
    { ...made, version: "0.0.2", annotations: [{ key: "note", value: "second" }] },
  );
  await ok("package update kept --shared no");
  assert.equal((await read("kept"))["publish"], false);
  assert.equal(
    await ok("package get kept PARAMETERS"),
    `ok: got package kept, displaying field PARAMETERS\n${JSON.stringify(parameters, null, 4)}\n`,
  );
  assert.equal(await ok("package delete kept"), "ok: deleted package kept\n");
  assert.equal((await cli("package get kept")).code, 148);
});

test("a binding is made with parameters, changed where asked, and its actions run by its name", async () => {
  await ok("package create source -p from source -p to source");
  await ok("action create source/echo echo.js");
  const made = await ok(`package bind /${brisk().namespace}/source bound -p to bound`);
  assert.equal(made, "ok: created binding bound\n");
  const binding = { namespace: brisk().namespace, name: "source" };
  assert.deepEqual((await read("bound"))["binding"], binding);
  const result = async (name: string) => JSON.parse(await ok(`action invoke ${name} -r`));
  assert.deepEqual(await result("bound/echo"), { from: "source", to: "bound" });
  assert.equal((await cli("package bind source bound")).code, 153);
  await ok("package bind source bound -p to again --overwrite");
  assert.deepEqual(await result(`/${brisk().namespace}/bound/echo`), {
    from: "source",
    to: "again",
  });
  assert.match(await ok("activation list bound/echo"), /guest\/echo:0\.0\.1/);
});

test("actions in packages are typed with their package, and with their namespace where one likes", async () => {
  await ok("package create typed");
  const whole = `/${brisk().namespace}/typed/echo`;
  assert.equal(await ok("action create typed/echo echo.js"), "ok: created action typed/echo\n");
  assert.equal(await ok(`action update ${whole} -p a 1`), "ok: updated action typed/echo\n");
  for (const name of ["typed/echo", whole, whole.slice(1)]) {
    assert.match(await ok(`action get ${name}`), /^ok: got action typed\/echo\n/);
    assert.match(await ok(`action invoke ${name} -r`), /"a": 1/);
  }
  assert.match(
    await ok(`action invoke ${whole}`),
    new RegExp(`^ok: invoked ${whole} with id [0-9a-f]{32}\n$`),
  );
  const url = `${brisk().url}/api/v1/namespaces/${brisk().namespace}/actions/typed/echo`;
  assert.equal(await ok("action get typed/echo --url"), `ok: got action typed/echo\n${url}\n`);
  const row = `${whole.padEnd(70)} private nodejs:24`;
  for (const place of ["typed", `/${brisk().namespace}/typed`]) {
    assert.equal(await ok(`action list ${place}`), `actions\n${row}\n`);
  }
  assert.equal(await ok(`action delete ${whole}`), "ok: deleted action typed/echo\n");
});

test("packages are listed with their visibility, by name where asked", async () => {
  await ok("package create b-list --shared yes");
  await ok("package create a-list");
  const row = (name: string, visibility: string) =>
    `${`/${brisk().namespace}/${name}`.padEnd(70)} ${visibility}`;
  const rows = (await ok("package list --limit 2")).trimEnd().split("\n");
  assert.deepEqual(rows, ["packages", row("a-list", "private"), row("b-list", "shared")]);
  const skipped = (await ok(`package list /${brisk().namespace} -s 1 -l 1`)).trimEnd().split("\n");
  assert.deepEqual(skipped, ["packages", row("b-list", "shared")]);
  await ok("package update a-list");
  await ok("package update b-list");
  const sorted = (await ok("package list --limit 2 -n")).trimEnd().split("\n");
  assert.deepEqual(sorted, rows);
  const [entry] = JSON.parse(await ok("package list -l 1 -o json"));
  assert.deepEqual([entry.name, entry.binding], ["b-list", false]);
  assert.equal(await ok("package list /nobody"), "packages\n");
});

test("a summary says what a package and what is in it are for", async () => {
  await ok("package create summed -p key 1 -a description", "Makes things");
  const declared = JSON.stringify([{ name: "key" }, { name: "text" }]);
  await ok("action create summed/make echo.js -a parameters", declared);
  await ok("action create summed/watch echo.js -a feed true -a description", "Sees things");
  assert.equal(
    await ok("package get summed --summary"),
    `package /guest/summed: Makes things
   (parameters: *key)
 action /guest/summed/make: Returns a result based on parameters key and text
   (parameters: *key, text)
 feed   /guest/summed/watch: Sees things
   (parameters: none defined)
`,
  );
});

test("a package with something in it is deleted by force alone", async () => {
  await ok("package create crowded");
  await ok("action create crowded/echo echo.js");
  const { code, stderr } = await cli("package delete crowded");
  assert.equal(code, 153);
  assert.match(
    stderr,
    /^error: Unable to delete package 'crowded': Package not empty \(contains 1 /,
  );
  assert.equal(await ok("package delete crowded --force"), "ok: deleted package crowded\n");
  assert.equal((await cli("action get crowded/echo")).code, 148);
});

test("a refusal is one sentence with its exit code", async () => {
  const refusals: readonly (readonly [string, number, RegExp])[] = [
    ["package create default", 144, /create package 'default': Package name 'default' is reserved/],
    ["package get missing", 148, /get package 'missing': .+'guest\/missing' does not exist/],
    ["package get /nobody/tools", 147, /get package 'tools': .+not authorized/],
    ["package delete missing", 148, /delete package 'missing': /],
    ["package bind missing new", 144, /create binding 'new': Binding references a package/],
    ["package bind a/b/c new", 1, /'a\/b\/c' is not a valid name/],
    ["package create a/b", 1, /'a\/b' is not a valid name/],
    ["package create p --shared maybe", 1, /invalid: it must be yes or no/],
    ["package list tools", 1, /'tools' is not a namespace/],
    [
      "action create missing/echo echo.js",
      148,
      /create action 'missing\/echo': The requested resource/,
    ],
  ];
  for (const [typed, exitCode, text] of refusals) {
    const { code, stdout, stderr } = await cli(typed);
    assert.deepEqual([code, stdout], [exitCode, ""], typed);
    assert.match(stderr, text);
    assert.match(stderr, /^error: [^\n]+\n$/);
  }
});
