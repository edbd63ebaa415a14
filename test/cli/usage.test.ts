// What commands say without a platform: help, wrong usage, and a host that does not answer.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
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
  ["nonsense", 1, /^error: unknown command 'nonsense'\n$/],
  ["action creat", 1, /^error: unknown command 'creat' \(Did you mean create\?\)\n$/],
  ["action list --nope", 1, /^error: unknown option '--nope'\n$/],
  ["action invoke", 1, /^error: missing required argument 'NAME'\n$/],
  ["action delete a b", 1, /^error: too many arguments/],
  ["action invoke /ns/p/a/b", 1, /^error: '\/ns\/p\/a\/b' is not a valid name: .+\n$/],
  ["action invoke a -p key", 1, /^error: .+ needs a key and a value\n$/],
  ["action create a nothing.js", 2, /^error: Unable to create action 'a': .*'nothing\.js'.+\n$/],
  ["action create a", 2, /^error: Unable to create action 'a': .+\n$/],
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
  ["activation list --limit x", 1, /^error: .+\n$/],
  ["property set", 1, /^error: .+\n$/],
  ["admin nonsense", 2, /^error: unknown command 'nonsense'\n$/],
  ["admin user create", 2, /^error: missing required argument 'SUBJECT'\n$/],
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
  for (const typed of ["action list", "action invoke a -r", "activation get x", "namespace list"]) {
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

test("an empty JSON file of parameters, and one that is no object, are refused", async () => {
  const env = REFUSED;
  const broken = await runCommand(["action", "invoke", "a", "-P", "-"], { env, stdin: "{" });
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /^error: .+JSON.*\n$/);
  const list = await runCommand(["action", "invoke", "a", "-P", "-"], { env, stdin: "[1]" });
  assert.equal(list.code, 1);
  assert.match(list.stderr, /one JSON object/);
});
