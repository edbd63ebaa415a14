// `brisk activation` against a real platform.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { type Brisk, startBrisk } from "../harness.ts";
import { type Ended, runCommand, startCommand, toVariables } from "./command.ts";

let brisk: Brisk;
/** Of one activation of `talk`, which printed two lines. */
let id: string;

const CODE =
  "function main({ word = 'hi' }) { console.log(word); console.error('oh'); return { word, b: 1, a: 2 }; }";

before(async () => {
  brisk = await startBrisk();
  for (const name of ["talk", "other"]) {
    await brisk.request("PUT", `/api/v1/namespaces/_/actions/${name}`, {
      body: { exec: { kind: "nodejs:default", code: CODE } },
    });
  }
  id = await invoke("talk");
  await stored(id);
});

after(async () => {
  await brisk[Symbol.asyncDispose]();
});

async function invoke(name: string, args: Record<string, unknown> = {}): Promise<string> {
  const path = `/api/v1/namespaces/_/actions/${name}?blocking=true`;
  const { json } = await brisk.request("POST", path, { body: args });
  return (json as { activationId: string }).activationId;
}

const STORED_MS = 10_000;

/** The record, with its logs, may follow the answer. */
async function stored(activation: string): Promise<void> {
  const deadline = performance.now() + STORED_MS;
  for (;;) {
    const { status } = await brisk.request("GET", `/api/v1/namespaces/_/activations/${activation}`);
    if (status === 200) return;
    assert.ok(performance.now() < deadline, "the record appears");
  }
}

function cli(typed: string): Promise<Ended> {
  return runCommand(typed.split(" "), { env: toVariables(brisk) });
}

async function ok(typed: string): Promise<string> {
  const { code, stdout, stderr } = await cli(typed);
  assert.deepEqual([code, stderr], [0, ""], typed);
  return stdout;
}

test("get shows the record in its order, one field of it, its summary or its logs", async () => {
  const [head, ...rest] = (await ok(`activation get ${id}`)).split("\n");
  assert.equal(head, `ok: got activation ${id}`);
  const record = JSON.parse(rest.join("\n"));
  assert.deepEqual(Object.keys(record), [
    ...["namespace", "name", "version", "subject", "activationId", "start", "end", "duration"],
    ...["statusCode", "response", "logs", "annotations", "publish"],
  ]);
  assert.deepEqual(Object.keys(record.response), ["status", "statusCode", "success", "result"]);
  assert.deepEqual(Object.keys(record.response.result), ["a", "b", "word"]);

  const field = await ok(`activation get ${id} STATUSCODE`);
  assert.equal(field, `ok: got activation ${id}, displaying field STATUSCODE\n0\n`);
  const summary = await ok(`activation get ${id} --summary`);
  const name = `/${brisk.namespace}/talk`;
  assert.ok(summary.startsWith(`activation result for '${name}' (success at 2`), summary);
  assert.equal(await ok(`activation get ${id} --logs`), "hi\noh\n");
  const wrong = await cli(`activation get ${id} nonsense`);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /Invalid field filter 'nonsense'/);
});

test("logs come with time and stream, or stripped", async () => {
  const lines = (await ok(`activation logs ${id}`)).trimEnd().split("\n");
  assert.match(lines[0] ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z +stdout: hi$/);
  assert.match(lines[1] ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z +stderr: oh$/);
  assert.equal(await ok(`activation logs ${id} --strip`), "hi\noh\n");
});

test("the result is printed alone, with its keys in order", async () => {
  const result = '{\n    "a": 2,\n    "b": 1,\n    "word": "hi"\n}\n';
  assert.equal(await ok(`activation result ${id}`), result);
});

test("--last is the one that started last", async () => {
  await stored(await invoke("talk", { word: "latest" }));
  assert.equal(await ok("activation logs --last --strip"), "latest\noh\n");
  assert.match(await ok("activation result --last"), /"word": "latest"/);
  assert.match(await ok("activation get --last name"), /displaying field name\n"talk"\n$/);
});

test("the list has a line for each, filtered by name and time", async () => {
  const other = await invoke("other");
  await stored(other);
  const [header = "", row = ""] = (await ok("activation list other")).split("\n");
  assert.match(header, /^Datetime +Activation ID +Kind +Start +Duration +Status +Entity$/);
  assert.match(
    row,
    new RegExp(
      `^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d ${other} nodejs:24 (cold|warm) +[\\d.]+m?s +success +${brisk.namespace}/other:0\\.0\\.1$`,
    ),
  );
  assert.equal((await ok("activation list --limit 1")).trimEnd().split("\n").length, 2);
  assert.equal(await ok(`activation list --since ${Date.now() + 60_000}`), "");
  assert.match(await ok("activation list talk --full --limit 1"), /^activations\n\{\n/);
});

test("what is not there ends with 148", async () => {
  const { code, stderr } = await cli(`activation get ${"0".repeat(32)}`);
  assert.equal(code, 148);
  assert.match(stderr, /^error: Unable to get activation '0{32}': .+ \(code \w+\)\n$/);
  assert.equal((await cli(`activation logs ${"0".repeat(32)}`)).code, 148);
});

test("poll streams what is printed from then on, and Ctrl-C ends it quietly", async () => {
  const poll = startCommand(["activation", "poll", "talk"], { env: toVariables(brisk) });
  let shown = "";
  let errors = "";
  poll.stderr.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  const seen = new Promise<void>((resolve) => {
    poll.stdout.on("data", (bytes: Buffer) => {
      shown += bytes.toString();
      if (shown.includes("Polling") && !shown.includes("Activation")) void talk();
      if (shown.includes("oh\n")) resolve();
    });
  });
  async function talk(): Promise<void> {
    // It has to have looked once, to know what was there before it.
    await invoke("other");
    while (!shown.includes("Activation")) await invoke("talk", { word: "streamed" });
  }
  await seen;
  poll.kill("SIGINT");
  const [code] = await once(poll, "close");
  assert.deepEqual([code, errors], [1, ""]);
  assert.match(
    shown,
    /\nActivation: 'talk' \([0-9a-f]{32}\)\n.+ stdout: streamed\n.+ stderr: oh\n/,
  );
  assert.doesNotMatch(shown, /'other'/);
});

test("poll begins earlier with --since, and strips", async () => {
  const typed = ["activation", "poll", "--since-hours", "1", "--strip"];
  const poll = startCommand(typed, { env: toVariables(brisk) });
  let shown = "";
  for await (const bytes of poll.stdout) {
    shown += String(bytes);
    if (shown.includes(`\nActivation: 'talk' (${id})\nhi\noh\n`)) break;
  }
  assert.match(shown, new RegExp(id));
});

test("poll ends by itself after --exit", async () => {
  assert.match(await ok("activation poll --exit 1"), /^Enter Ctrl-c to exit\.\n/);
});

test("a reader that goes away ends a command quietly", async () => {
  const list = startCommand(["activation", "poll", "--since-hours", "1"], {
    env: toVariables(brisk),
  });
  let errors = "";
  list.stderr.on("data", (bytes: Buffer) => {
    errors += bytes.toString();
  });
  list.stdout.destroy();
  const [code] = await once(list, "close");
  assert.deepEqual([code, errors], [0, ""]);
});
