// `--idempotency-key` of `brisk action invoke` and `brisk trigger fire`, against a real platform.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIVATIONS, type Json, putAction, readActivation } from "../api/fixture.ts";
import { runCommand } from "./command.ts";
import { useTyping } from "./typing.ts";

const { brisk, cli, ok } = useTyping(async (up) => {
  await putAction(up, { name: "echo", code: "exports.main = (given) => given" });
});

/** Their results, the last one first. */
async function readRuns(name: string): Promise<unknown[]> {
  const { json } = await brisk().request("GET", `${ACTIVATIONS}?name=${name}&docs=true`);
  return (json as { response: { result: unknown } }[]).map(({ response }) => response.result);
}

function idIn(printed: string): string {
  const [, id = ""] = / with id ([0-9a-f]{32})\n$/.exec(printed) ?? [];
  assert.notEqual(id, "", printed);
  return id;
}

test("an invocation that is typed twice with one key runs once and prints one id", async () => {
  const typed = "action invoke echo -p n 1 --idempotency-key order-17";
  const printed = await ok(typed);
  assert.equal(printed, `ok: invoked /_/echo with id ${idIn(printed)}\n`);
  await readActivation(brisk(), idIn(printed));
  assert.equal(await ok(typed), printed);
  const other = await ok("action invoke echo -p n 2 --idempotency-key order-18");
  await readActivation(brisk(), idIn(other));
  assert.deepEqual(await readRuns("echo"), [{ n: 2 }, { n: 1 }]);
});

test("a firing that is typed twice with one key fires once and prints one id", async () => {
  await putAction(brisk(), { name: "fired", code: "exports.main = ({ n }) => ({ n })" });
  await ok("trigger create order");
  await ok("rule create on-order order fired");
  const typed = "trigger fire order -p n 1 --idempotency-key fired-17";
  const printed = await ok(typed);
  const { logs } = await readActivation(brisk(), idIn(printed));
  await readActivation(brisk(), (JSON.parse(logs[0] ?? "") as Json)["activationId"]);
  assert.equal(await ok(typed), printed);
  assert.deepEqual(await readRuns("fired"), [{ n: 1 }]);
  assert.equal((await readRuns("order")).length, 1);
});

test("one key for two requests is refused in the platform's words", async () => {
  await ok("action invoke echo -p n 1 --idempotency-key taken");
  const { code, stdout, stderr } = await cli("action invoke echo -p n 2 --idempotency-key taken");
  assert.deepEqual([code, stdout], [166, ""]);
  assert.match(
    stderr,
    /^error: Unable to invoke action 'echo': The Idempotency-Key 'taken' was used for another/,
  );
});

test("--verbose shows the key", async () => {
  const printed = await ok("action invoke echo --verbose --idempotency-key shown");
  assert.match(printed, /^Idempotency-Key: shown$/m);
});

const KEY = "--idempotency-key";
const NO_RESULT = / does not go with --blocking or --result: leave those out, and get the result/;
const NO_KEY = /--idempotency-key is '.*', must be 1 to 255 visible ASCII characters/;

/** Arguments, exit code, and the sentence on stderr. */
const WRONG: readonly (readonly [readonly string[], number, RegExp])[] = [
  [["action", "invoke", "echo", "--blocking", KEY, "k"], 149, NO_RESULT],
  [["action", "invoke", "echo", "-r", KEY, "k"], 149, NO_RESULT],
  [["action", "invoke", "echo", KEY, ""], 1, NO_KEY],
  [["action", "invoke", "echo", KEY, " k"], 1, NO_KEY],
  [["action", "invoke", "echo", KEY, "鍵"], 1, NO_KEY],
  [["action", "invoke", "echo", KEY, "k".repeat(256)], 1, NO_KEY],
  [["trigger", "fire", "order", KEY, "a b"], 1, NO_KEY],
  [["trigger", "fire", "order", KEY], 1, /option '--idempotency-key <KEY>' argument missing/],
];

test("what goes with no key, and what is none, is refused before it is sent", async () => {
  // Nobody listens there: what is sent ends with another sentence.
  const env = { WHISK_APIHOST: "http://127.0.0.1:1", WHISK_AUTH: "id:key" };
  for (const [typed, exitCode, sentence] of WRONG) {
    const { code, stdout, stderr } = await runCommand(typed, { env });
    assert.match(stderr, sentence);
    assert.deepEqual([code, stdout], [exitCode, ""], stderr);
  }
});

test("--help has it", async () => {
  for (const command of [
    ["action", "invoke"],
    ["trigger", "fire"],
  ]) {
    const { stdout } = await runCommand([...command, "--help"]);
    assert.match(stdout, /--idempotency-key <KEY> +make it safe to repeat/);
    assert.match(stdout, /--idempotency-key order-17/);
  }
});
