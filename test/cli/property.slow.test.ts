// Where commands take host and key from, and the file that `property` keeps.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createDirectory, runCommand } from "./command.ts";

const HOST = "http://127.0.0.1:1";

function show(flag: string, env: Readonly<Record<string, string>>) {
  return runCommand(["property", "get", `--${flag}`, "--output", "raw"], { env });
}

test("set writes a private file, get reads it, unset takes out", async () => {
  using home = createDirectory();
  const env = { HOME: home.path };
  const file = join(home.path, ".wskprops");
  const set = await runCommand(["property", "set", "--apihost", HOST, "--auth", "id:key"], { env });
  assert.deepEqual([set.code, set.stderr], [0, ""]);
  assert.match(set.stdout, /^ok: whisk API host set.*\nok: whisk auth set.*\n$/);
  assert.equal(set.stdout.includes("id:key"), false, "the key is not shown");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file, "utf8"), `APIHOST=${HOST}\nAUTH=id:key\n`);

  assert.equal((await show("auth", env)).stdout, "id:key\n");
  const both = ["property", "get", "--apihost", "--auth", "--output", "raw"];
  assert.equal((await runCommand(both, { env })).stdout, `${HOST}\nid:key\n`);
  const unset = await runCommand(["property", "unset", "--auth"], { env });
  assert.deepEqual(unset, { code: 0, stdout: "ok: whisk auth unset\n", stderr: "" });
  assert.equal(readFileSync(file, "utf8"), `APIHOST=${HOST}\n`);
});

test("comments and keys of other clients stay in the file", async () => {
  using home = createDirectory();
  const env = { WSK_CONFIG_FILE: join(home.path, "props") };
  writeFileSync(env.WSK_CONFIG_FILE, `# mine\nAPIHOST=${HOST}\nNAMESPACE=guest\n`, { mode: 0o644 });
  await runCommand(["property", "set", "--apihost", "http://127.0.0.1:2"], { env });
  const text = readFileSync(env.WSK_CONFIG_FILE, "utf8");
  assert.equal(text, "# mine\nNAMESPACE=guest\nAPIHOST=http://127.0.0.1:2\n");
  assert.equal(statSync(env.WSK_CONFIG_FILE).mode & 0o777, 0o600);
});

test("a flag goes over a variable, that over WSK_CONFIG_FILE, that over the home's and the data directory's file", async () => {
  using home = createDirectory();
  const data = join(home.path, "data");
  mkdirSync(data);
  writeFileSync(join(data, "wskprops"), "APIHOST=http://data\nAUTH=data:key\n");
  const base = { HOME: home.path, BRISK_DATA: data };
  assert.equal((await show("apihost", base)).stdout, "http://data\n");

  writeFileSync(join(home.path, ".wskprops"), "APIHOST=http://home\n");
  assert.equal((await show("apihost", base)).stdout, "http://home\n");
  assert.equal((await show("auth", base)).stdout, "\n", "a key of another host is not taken");

  const file = join(home.path, "other");
  writeFileSync(file, "APIHOST=http://file # a comment\n");
  const withFile = { ...base, WSK_CONFIG_FILE: file };
  assert.equal((await show("apihost", withFile)).stdout, "http://file\n");

  const withVariable = { ...withFile, WHISK_APIHOST: HOST };
  assert.equal((await show("apihost", withVariable)).stdout, `${HOST}\n`);

  const flag = ["namespace", "list", "--apihost", "http://127.0.0.1:3", "--auth", "a:b"];
  assert.match((await runCommand(flag, { env: withVariable })).stderr, /127\.0\.0\.1:3/);
});

test("WSK_CONFIG_FILE counts also where it is empty or names nothing", async () => {
  using home = createDirectory();
  writeFileSync(join(home.path, ".wskprops"), `APIHOST=${HOST}\n`);
  for (const WSK_CONFIG_FILE of ["", join(home.path, "missing")]) {
    assert.equal((await show("apihost", { HOME: home.path, WSK_CONFIG_FILE })).stdout, "\n");
  }
});

test("what the file cannot hold is refused", async () => {
  using home = createDirectory();
  const env = { HOME: home.path };
  for (const value of ["a=b", "a#b"]) {
    const { code, stderr } = await runCommand(["property", "set", "--auth", value], { env });
    assert.equal(code, 1);
    assert.match(stderr, /^error: .+\n$/);
  }
});

test("get shows all properties, and says at the end that the platform does not answer", async () => {
  const env = { WHISK_APIHOST: HOST, WHISK_AUTH: "id:key" };
  const { code, stdout, stderr } = await runCommand(["property", "get"], { env });
  assert.equal(code, 3);
  assert.match(stderr, /^error: .+\n$/);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines[0], `whisk API host\t\t${HOST}`);
  assert.equal(lines[1], "whisk auth\t\tid:key");
  assert.equal(lines[2], "whisk namespace\t\tUnknown");
  assert.equal(lines[5], "whisk API version\tv1");
  assert.match(lines[6] ?? "", /^whisk CLI version\t\d+\.\d+\.\d+/);
  assert.equal(lines.length, 9);
});
