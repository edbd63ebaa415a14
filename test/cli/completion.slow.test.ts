// Completion in a real bash. The other shells' scripts ask the same question of the same program.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { test } from "node:test";
import { readEnvironment } from "../../src/settings/environment.ts";
import { PROGRAM, runCommand } from "./command.ts";

/** What bash offers where the cursor stands behind the last word. */
function complete(...words: readonly string[]): string[] {
  const script = `
    source <(brisk completion bash)
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _brisk
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const path = `${dirname(PROGRAM)}:${readEnvironment()["PATH"]}`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script, "bash", "brisk", ...words], {
    env: {
      PATH: path,
      HOME: "/nonexistent",
      WHISK_APIHOST: "http://127.0.0.1:1",
      WHISK_AUTH: "a:b",
    },
    encoding: "utf8",
  });
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout.split("\n").filter((word) => word !== "");
}

test("bash completes nouns, verbs and flags", () => {
  assert.deepEqual(complete("act"), ["action", "activation"]);
  assert.deepEqual(complete("action", "in"), ["invoke"]);
  assert.deepEqual(complete("-i", "admin", "user", "unbl"), ["unblock"]);
  assert.deepEqual(complete("action", "invoke", "--par"), ["--param", "--param-file"]);
  assert.deepEqual(complete("action", "invoke", "--idem"), ["--idempotency-key"]);
  assert.deepEqual(complete("trigger", "fire", "--idem"), ["--idempotency-key"]);
  assert.deepEqual(complete("up", "--stem"), ["--stem-cells"]);
});

test("bash is left to complete files where a file or a value is meant", () => {
  assert.deepEqual(complete("action", "create", "hello", "hel"), []);
  assert.deepEqual(complete("action", "invoke", "--param-file", "a"), []);
  assert.deepEqual(complete("trigger", "fire", "--idempotency-key", "a"), []);
  assert.deepEqual(complete("action", "invoke", ""), [], "the platform does not answer");
});

test("bash, zsh and fish have scripts, other shells are refused", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await runCommand(["completion", shell]);
    assert.equal(code, 0);
    assert.match(stdout, /brisk completion words/);
  }
  assert.equal((await runCommand(["completion", "csh"])).code, 1);
});
