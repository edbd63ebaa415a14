// What commands say without a platform: help, wrong usage, and a host that does not answer.

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { MB } from "../../src/kernel/units.ts";
import { SETTING_NAMES, toFlag, toVariable } from "../../src/settings/settings.ts";
import { createDirectory, runCommand } from "./command.ts";

const REFUSED = { WHISK_APIHOST: "http://127.0.0.1:1", WHISK_AUTH: "uuid:key" };

/** Commands that run side by side: they start for longer than they run. */
const AT_A_TIME = 4;

test("help of a command has its arguments, options and examples", async () => {
  const { code, stdout, stderr } = await runCommand(["action", "create", "--help"]);
  assert.deepEqual([code, stderr], [0, ""]);
  for (const part of ["NAME ", "-p, --param <KEY VALUE>", "--apihost <HOST>", "\nExamples:\n"]) {
    assert.ok(stdout.includes(part), part);
  }
});

test("help of a noun, and of a verb, is asked for in either way", async () => {
  for (const [asked, other] of [
    ["help", "--help"],
    ["help action", "action --help"],
    ["help admin user create", "admin user create --help"],
  ] as const) {
    const help = await runCommand(asked.split(" "));
    assert.deepEqual(help, await runCommand(other.split(" ")));
    assert.deepEqual([help.code, help.stderr], [0, ""]);
    assert.match(help.stdout, /^Usage: brisk /);
  }
});

test("help without a command lists the nouns", async () => {
  const { code, stdout } = await runCommand(["--help"]);
  assert.equal(code, 0);
  for (const noun of ["up", "action", "activation", "namespace", "property", "runtime", "admin"]) {
    assert.match(stdout, new RegExp(`^ {2}${noun} `, "m"));
  }
});

test("brisk up --help prints every setting with flag, variable, default and meaning", async () => {
  const { stdout } = await runCommand(["up", "--help"]);
  const help = stdout.replace(/\s+/g, " ");
  for (const name of SETTING_NAMES) {
    const entry = help.split(` --${toFlag(name)} <`)[1]?.split(`; ${toVariable(name)}]`)[0];
    assert.ok(entry, `--${toFlag(name)} with ${toVariable(name)}`);
    assert.match(entry, /\[.+; default: \S+/);
  }
});

test("a wrong setting ends the start with a sentence and exit code 2", async () => {
  const { code, stdout, stderr } = await runCommand(["up", "--port", "99999"]);
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.equal(stderr, 'error: --port is "99999", must be a whole number from 0 to 65535\n');
});

/** Arguments, exit code, and the sentence on stderr. */
const WRONG: readonly (readonly [string, number, RegExp])[] = [
  ["nonsense", 1, /^error: unknown command 'nonsense'; see 'brisk --help'\n$/],
  ["help acton", 1, /^error: unknown command 'acton' \(Did you mean action\?\)\n$/],
  ["action creat", 1, /^error: unknown command 'creat' \(Did you mean create\?\)\n$/],
  ["action list --nope", 1, /^error: unknown option '--nope'; see 'brisk action list --help'\n$/],
  ["action invoke", 1, /^error: .+ argument 'NAME'; see 'brisk action invoke --help'\n$/],
  ["action delete a b", 1, /^error: too many arguments .+: expected 1 .+; see 'brisk .+'\n$/],
  ["action invoke /ns/p/a/b", 1, /^error: '\/ns\/p\/a\/b' is not a valid name: .+\n$/],
  ["action invoke a -p key", 1, /^error: --param needs a key and a value: --param KEY VALUE\n$/],
  [
    "action invoke a --param=key v",
    1,
    /^error: .+ 'key' is invalid: it must be two words, KEY VALUE\n$/,
  ],
  [
    "action invoke a -rp key v",
    1,
    /^error: .+ 'key' is invalid: it must be two words, KEY VALUE\n$/,
  ],
  ["action invoke a --result=maybe", 1, /^error: unknown option '--result=maybe'; see .+\n$/],
  ["action create a nothing.js", 2, /^error: Unable to create action 'a': .*'nothing\.js'.+\n$/],
  ["action create a", 2, /^error: Unable to create action 'a': .+\n$/],
  [
    "action create a /nonexistent/b.js",
    2,
    /^error: .*does not exist: no such file or directory\n$/,
  ],
  [
    "action create a --docker image",
    2,
    /^error: .+: images \(--docker, --native\) are not run.+\n$/,
  ],
  ["list a/b", 1, /^error: 'a\/b' is not a namespace, must be \/NAMESPACE\n$/],
  ["action invoke a -P nothing.json", 2, /^error: .*'nothing\.json'.+\n$/],
  ["action create a /etc/hostname", 2, /is not a supported action runtime.+\n$/],
  [
    "action create a /etc/hostname --kind nodejs:24 --web maybe",
    2,
    /--web is 'maybe', must be.+\n$/,
  ],
  [
    "action create a /etc/hostname --kind nodejs:24 --web-secure x",
    2,
    /is for web actions alone.+\n$/,
  ],
  ["action create a nothing.js --timeout soon", 1, /^error: option '-t, --timeout <MS>'.+\n$/],
  ["activation get", 1, /^error: .*--last.*\n$/],
  ["action list -o yaml", 1, /^error: .+ 'yaml' is invalid: allowed choices are table, json\n$/],
  ["activation list --limit x", 1, /^error: .+ is invalid: it must be a whole number\n$/],
  ["property set", 1, /^error: .+\n$/],
  ["property get --output raw", 1, /^error: --output raw shows properties that are named: .+\n$/],
  [
    "property set --apihost ftp://host",
    1,
    /^error: .+'ftp:\/\/host' is no host name or URL, must.+\n$/,
  ],
  [
    "action list --apihost ftp://host",
    1,
    /^error: .+'ftp:\/\/host' is no host name or URL, must.+\n$/,
  ],
  ["admin nonsense", 2, /^error: unknown command 'nonsense'; see 'brisk admin --help'\n$/],
  [
    "admin user create",
    2,
    /^error: .+ argument 'SUBJECT'; see 'brisk admin user create --help'\n$/,
  ],
  ["admin limits set ns", 2, /^error: No limit was named.+\n$/],
  [
    "admin user list ns --data /etc/hostname",
    2,
    /^error: There is no platform in \/etc\/hostname.+\n$/,
  ],
  ["admin limits set ns --storeActivations maybe", 2, /^error: .*yes or no.*\n$/],
  ["up --prot 1", 2, /^error: unknown option '--prot' \(Did you mean --port\?\)\n$/],
];

describe("wrong usage is refused in one sentence", { concurrency: AT_A_TIME }, () => {
  for (const [typed, exitCode, sentence] of WRONG) {
    test(`"brisk ${typed}" ends with exit code ${exitCode}`, async () => {
      const { code, stdout, stderr } = await runCommand(typed.split(" "), { env: REFUSED });
      assert.equal(stdout, "");
      assert.match(stderr, sentence);
      assert.equal(code, exitCode);
    });
  }
});

test("a platform that does not answer ends with exit code 3", async () => {
  for (const typed of [
    "action list",
    "action -i list",
    "action invoke a -r",
    "activation get x",
    "namespace list",
  ]) {
    const { code, stdout, stderr } = await runCommand(typed.split(" "), { env: REFUSED });
    assert.equal(stdout, "");
    assert.match(stderr, /^error: Unable to .+ http:\/\/127\.0\.0\.1:1 .+\n$/);
    assert.equal(code, 3);
  }
});

test("without a host, or without a key, the sentence says where both come from", async () => {
  using home = createDirectory();
  const nowhere = await runCommand(["action", "list"], { env: { HOME: home.path } });
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /An API host must be provided.*brisk up.*--apihost/);

  const { code, stderr } = await runCommand(["action", "list", "--apihost", "http://127.0.0.1:1"]);
  assert.equal(code, 2);
  assert.match(stderr, /--auth/);
});

test("where WSK_CONFIG_FILE is empty, the sentence says so", async () => {
  const { code, stderr } = await runCommand(["action", "list"], { env: { WSK_CONFIG_FILE: "" } });
  assert.equal(code, 1);
  assert.match(stderr, /An API host must be provided, and WSK_CONFIG_FILE is empty;/);
});

test("files that cannot be an action's code are refused before anything is sent", async () => {
  using directory = createDirectory();
  writeFileSync(join(directory.path, "empty.js"), "");
  writeFileSync(join(directory.path, "no.zip"), "no archive");
  writeFileSync(join(directory.path, "large.js"), "");
  truncateSync(join(directory.path, "large.js"), 600 * MB);
  mkdirSync(join(directory.path, "closed"));
  symlinkSync("loop.js", join(directory.path, "closed", "loop.js"));
  for (const [name, reason] of [
    ["empty.js", "File 'empty.js' is empty, must hold the action's code"],
    ["no.zip", "'no.zip' cannot be read as a zip archive: invalid zip data"],
    ["large.js", "'large.js' has 600 MB, more than any platform takes"],
    [
      "closed",
      "File 'closed/loop.js' is not a valid file or it does not exist: too many symbolic links encountered",
    ],
  ] as const) {
    const args = ["action", "create", "a", name];
    const { code, stderr } = await runCommand(args, { env: REFUSED, cwd: directory.path });
    assert.equal(stderr, `error: Unable to create action 'a': ${reason}\n`);
    assert.equal(code, 2);
  }
});

test("an empty JSON file of parameters, and one that is no object, are refused", async () => {
  const env = REFUSED;
  const broken = await runCommand(["action", "invoke", "a", "-P", "-"], { env, stdin: "{" });
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /^error: .+JSON.*\n$/);
  const list = await runCommand(["action", "invoke", "a", "-P", "-"], { env, stdin: "[1]" });
  assert.equal(list.code, 1);
  assert.match(list.stderr, /one JSON object/);
});
