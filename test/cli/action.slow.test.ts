// `brisk action` against a real platform.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { zipSync } from "fflate";
import { runCommand } from "./command.ts";
import { useTyping } from "./typing.ts";

const { brisk, path, cli, ok } = useTyping(async () => {
  const write = (name: string, text: string | Uint8Array) => writeFileSync(join(path, name), text);
  write("hello.js", "function main({ name = 'you' }) { return { greeting: `Hello ${name}` }; }");
  write("typed.ts", "export function main({ a }: { a: number }) { return { twice: 2 * a }; }");
  write("module.mjs", "export function main() { return { kind: 'module' }; }");
  write("common.cjs", "exports.main = () => ({ kind: 'common' });");
  write("fail.js", "function main() { return { error: 'no' }; }");
  write("echo.js", "function main(all) { return { ...all, mode: process.env.MODE }; }");
  const code = new TextEncoder().encode("exports.main = () => ({ packed: true });");
  write("packed.zip", zipSync({ "index.js": code }));
  write("other.zip", zipSync({ "readme.txt": code }));
  mkdirSync(join(path, "directory"));
  write("directory/package.json", '{ "main": "lib.js" }');
  write("directory/lib.js", "exports.main = () => ({ directory: true });");
});

test("the kind is found by the suffix, and in an archive by what it holds", async () => {
  const results = {
    "hello.js": { greeting: "Hello you" },
    "typed.ts": { twice: 4 },
    "module.mjs": { kind: "module" },
    "common.cjs": { kind: "common" },
    "packed.zip": { packed: true },
    directory: { directory: true },
  };
  const check = async ([file, result]: [string, unknown]) => {
    const name = `kind-${file}`;
    assert.equal(await ok(`action create ${name} ${file}`), `ok: created action ${name}\n`);
    const printed = await ok(`action invoke ${name} --result -p a 2`);
    assert.deepEqual(JSON.parse(printed), result);
  };
  await Promise.all(Object.entries(results).map(check));
  assert.match(await ok("action get kind-typed.ts exec"), /"kind": "nodejs:24"/);
});

test("an archive that shows no kind needs --kind", async () => {
  const { code, stderr } = await cli("action create other other.zip");
  assert.equal(code, 2);
  assert.match(stderr, /^error: Unable to create action 'other': .+--kind\n$/);
});

test("parameters, environment, annotations and limits arrive as typed, the last one wins", async () => {
  writeFileSync(join(path, "p.json"), '{ "a": 1, "b": { "z": 1, "y": [2] } }');
  const flags = ["-P", "p.json", "-p", "a", "[2]", "-p", "text", "not json", "-e", "MODE", "prod"];
  const limits = ["-t", "5000", "-m", "128", "-l", "1", "-c", "3"];
  await ok("action create echo echo.js", ...flags, ...limits, "-a", "note", "x", "--web", "true");
  const [head, ...rest] = (await ok("action get echo")).split("\n");
  assert.equal(head, "ok: got action echo");
  const action = JSON.parse(rest.join("\n"));
  assert.deepEqual(Object.keys(action), [
    ...["namespace", "name", "version", "exec", "annotations", "parameters", "limits"],
    ...["publish", "updated"],
  ]);
  assert.deepEqual(action.limits, { timeout: 5000, memory: 128, logs: 1, concurrency: 3 });
  const parameters = new Map(
    action.parameters.map((each: { key: string }) => [each.key, each] as const),
  );
  assert.deepEqual(parameters.get("a"), { key: "a", value: [2] });
  assert.deepEqual(parameters.get("text"), { key: "text", value: "not json" });
  assert.deepEqual(parameters.get("MODE"), { key: "MODE", value: "prod", init: true });
  const annotations = new Map(
    action.annotations.map((each: { key: string; value: unknown }) => [each.key, each.value]),
  );
  assert.equal(annotations.get("note"), "x");
  assert.equal(annotations.get("web-export"), true);
  assert.equal(annotations.get("final"), true);

  const url = `${brisk().url}/api/v1/web/${brisk().namespace}/default/echo`;
  assert.equal(await ok("action get echo --url"), `ok: got action echo\n${url}\n`);
  assert.match(await ok("action get echo parameters"), /"y": \[\n +2\n +\],\n +"z": 1\n/);

  assert.equal(await ok("action update echo --del-annotation note"), "ok: updated action echo\n");
  const updated = await ok("action get echo annotations");
  assert.doesNotMatch(updated, /note/);
  assert.match(updated, /web-export/);
  await ok("action create copy echo --copy -p a 3");
  assert.match(await ok("action get copy parameters"), /"key": "a",\n +"value": 3\n/);
});

test("numbers in results are printed as they were sent", async () => {
  const body = '{"big":12345678901234567890123,"float":1.0,"small":1e-7}';
  await using server = await answerAlways(200, body);
  const invoked = await runCommand(["action", "invoke", "x", "-r"], { env: server.env });
  assert.equal(
    invoked.stdout,
    '{\n    "big": 12345678901234567890123,\n    "float": 1.0,\n    "small": 1e-7\n}\n',
  );
});

test("an invocation prints its id, its record or its result", async () => {
  await ok("action create hello hello.js");
  assert.match(await ok("action invoke hello"), /^ok: invoked \/_\/hello with id [0-9a-f]{32}\n$/);
  const printed = await ok("action invoke hello -b -p name Ada");
  const [head = "", ...rest] = printed.split("\n");
  assert.match(head, /^ok: invoked \/_\/hello with id [0-9a-f]{32}$/);
  assert.equal(JSON.parse(rest.join("\n")).response.result.greeting, "Hello Ada");
  const result = await ok(`action invoke /${brisk().namespace}/hello -r`);
  assert.equal(result, '{\n    "greeting": "Hello you"\n}\n');
});

test("an action that fails ends with 246 and its result on stderr", async () => {
  await ok("action create fail fail.js");
  const { code, stdout, stderr } = await cli("action invoke fail --result");
  assert.deepEqual([code, stdout], [246, ""]);
  assert.deepEqual(JSON.parse(stderr), { error: "no" });
});

test("a blocking invocation that goes on ends with 202", async () => {
  const id = "0123456789abcdef0123456789abcdef";
  await using server = await answerAlways(202, JSON.stringify({ activationId: id }));
  const { code, stdout, stderr } = await runCommand(["action", "invoke", "a", "-r"], {
    env: server.env,
  });
  assert.deepEqual([code, stdout], [202, ""]);
  const sentence = `ok: invoked /_/a, but the request has not yet finished, with id ${id}\n`;
  assert.equal(stderr, sentence);
});

test("a refusal is one sentence with the request's id, its exit code the status less 256", async () => {
  await ok("action create taken hello.js");
  const foreign = "action get /whisk.system/a";
  const refusals: readonly (readonly [string, number, RegExp])[] = [
    ["action create taken hello.js", 409, /create action 'taken': resource already exists/],
    ["action get missing", 404, /get action 'missing': The requested resource does not exist\./],
    ["action delete missing", 404, /delete action 'missing': /],
    ["action invoke missing -r", 404, /invoke action 'missing': /],
    ["action create much hello.js -m 100000", 400, /create action 'much': /],
    [foreign, 403, /get action 'a': /],
    [`${foreign} --auth x:${"y".repeat(64)}`, 401, /get action 'a': /],
  ];
  for (const [typed, status, text] of refusals) {
    const { code, stdout, stderr } = await cli(typed);
    assert.deepEqual([code, stdout], [status % 256, ""], typed);
    assert.match(stderr, text);
    assert.match(stderr, /^error: Unable to .+ \(code [A-Za-z0-9]{32}\)\n$/);
  }
});

test("where the server's sentence does not say what is to be done, more follows it", async () => {
  const inPackage = await cli("action create none/a hello.js");
  assert.equal(inPackage.code, 148);
  assert.match(
    inPackage.stderr,
    /does not exist\. \(code .+\): .+'brisk package create none' makes it\n$/,
  );
  const update = await cli("action update none -t 500");
  assert.equal(update.code, 144);
  assert.match(update.stderr, /exec undefined \(code .+\): .+ name the file with its code\n$/);
});

test("what is no answer of the platform is said with its status", async () => {
  await using server = await answerAlways(503, "<html>busy</html>");
  const { code, stderr } = await runCommand(["action", "list"], { env: server.env });
  assert.equal(code, 247);
  assert.match(stderr, /^error: Unable to .+503.*\n$/);
});

test("actions are listed with namespace, visibility and kind, by name where asked", async () => {
  for (const name of ["b-list", "a-list"]) await ok(`action create ${name} hello.js`);
  const listed = (await ok("action list")).split("\n");
  assert.equal(listed[0], "actions");
  const path = `/${brisk().namespace}/a-list`.padEnd(70);
  assert.equal(listed[1], `${path} private nodejs:24`);
  const sorted = (await ok("action list --limit 2 --name-sort")).split("\n");
  assert.match(sorted[1] ?? "", /\/a-list /);
  assert.match(sorted[2] ?? "", /\/b-list /);
  assert.equal((await ok("action list --limit 1 --skip 1")).split("\n").length, 3);
});

test("code is saved under the action's name, and nothing is overwritten", async () => {
  await ok("action create saved hello.js");
  const printed = await ok("action get saved --save");
  assert.equal(printed, `ok: saved action code to ${join(path, "saved.js")}\n`);
  const [saved, original] = ["saved.js", "hello.js"].map((name) =>
    readFileSync(join(path, name), "utf8"),
  );
  assert.equal(saved, original);
  assert.equal((await cli("action get saved --save")).code, 2);
  await ok("action create saved-zip packed.zip");
  await ok("action get saved-zip --save-as copy.zip");
  const bytes = ["copy.zip", "packed.zip"].map((name) => readFileSync(join(path, name)));
  assert.deepEqual(bytes[0], bytes[1]);
});

test("a summary says what an action is for and which parameters it has", async () => {
  await ok("action create summed hello.js -p name x -a description", "says hello");
  const summary = `action /${brisk().namespace}/summed: says hello\n   (parameters: *name)\n`;
  assert.equal(await ok("action get summed --summary"), summary);
});

test("--verbose shows requests and answers, and no secret", async () => {
  const secret = "hunter2";
  const made = await ok(`action create shown hello.js -v -p password ${secret} -e TOKEN ${secret}`);
  assert.match(made, /\[PUT\]\thttp.+\/actions\/shown\?overwrite=false/);
  const got = await ok("action get shown --debug");
  assert.match(got, /RESPONSE:Got response with code 200/);
  const key = brisk().auth.split(":")[1] ?? "";
  const encoded = Buffer.from(brisk().auth).toString("base64");
  // The record itself is what was asked for: it stands after the trace.
  const trace = made + got.slice(0, got.indexOf("ok: got action"));
  for (const hidden of [secret, key, encoded]) assert.equal(trace.includes(hidden), false);
});

test("names with blanks and special letters reach their action", async () => {
  assert.equal(
    await ok("action create", "a b@c.d-e", "hello.js"),
    "ok: created action a b@c.d-e\n",
  );
  assert.match(await ok("action invoke", "a b@c.d-e", "-r"), /Hello you/);
  assert.match(await ok("action delete", "a b@c.d-e"), /^ok: deleted action a b@c\.d-e\n$/);
});

test("users and limits that are set while it runs hold without a restart", async () => {
  const admin = async (typed: string) =>
    (await runCommand(["admin", ...typed.split(" "), "--data", brisk().data])).stdout.trim();
  const auth = await admin("user create alice");
  const env = { WHISK_APIHOST: brisk().url, WHISK_AUTH: auth };
  const list = () => runCommand(["action", "list"], { env });
  assert.equal((await list()).code, 0);
  await admin("user block alice");
  await until(async () => (await list()).code === 145);
  await admin("user unblock alice");
  await until(async () => (await list()).code === 0);
  await admin("limits set alice --invocationsPerMinute 0");
  await runCommand(["action", "create", "hello", join(path, "hello.js")], { env });
  await until(async () => (await runCommand(["action", "invoke", "hello"], { env })).code === 173);
});

const TAKES_EFFECT_MS = 5000;

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TAKES_EFFECT_MS;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, "it takes effect within a second or two");
  }
}

/** What a platform would answer that is hard to bring about with a real one. */
async function answerAlways(status: number, body: string) {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: { WHISK_APIHOST: `http://127.0.0.1:${port}`, WHISK_AUTH: "id:key" },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
