// `brisk trigger` against a real platform, with feeds, which are actions like any other.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ActivationRecord, type Json, putAction, readActivation } from "../api/fixture.ts";
import { useTyping } from "./typing.ts";

/** Its result is what it was told, with the key as whether it was the caller's. */
const FEED = `
  const main = ({ authKey, ...told }) =>
    told.fail === told.lifecycleEvent
      ? { error: "no such shop" }
      : { told, key: typeof authKey === "string" && authKey.includes(":") };`;

const { brisk, path, cli, ok } = useTyping(async (up) => {
  await putAction(up, { name: "echo", code: "const main = (all) => all" });
  await putAction(up, { name: "feed", code: FEED });
});

async function readTrigger(name: string): Promise<Json> {
  const path = `/api/v1/namespaces/_/triggers/${name}`;
  const { status, json } = await brisk().request("GET", path);
  return status === 200 ? (json as Json) : { status };
}

/** What the feed was told of a trigger, the last first. */
async function readTold(trigger: string): Promise<readonly Json[]> {
  const path = "/api/v1/namespaces/_/activations?name=feed&docs=true&limit=200";
  const records = (await brisk().request("GET", path)).json as ActivationRecord[];
  return records
    .map(({ response }) => (response.result as { told?: Json }).told ?? {})
    .filter(({ triggerName }) => triggerName === `/_/${trigger}`);
}

test("a trigger is created, shown as a record with known fields, updated and deleted", async () => {
  writeFileSync(join(path, "p.json"), '{ "b": { "z": 1, "y": 2 } }');
  assert.equal(
    await ok("trigger create made -p a 1 -P p.json -a note x"),
    "ok: created trigger made\n",
  );
  const [head, ...rest] = (await ok("trigger get made")).split("\n");
  assert.equal(head, "ok: got trigger made");
  const { updated, ...record } = JSON.parse(rest.join("\n"));
  assert.equal(typeof updated, "number");
  assert.deepEqual(record, {
    namespace: "guest",
    name: "made",
    version: "0.0.1",
    annotations: [{ key: "note", value: "x" }],
    parameters: [
      { key: "a", value: 1 },
      { key: "b", value: { y: 2, z: 1 } },
    ],
    limits: {},
    publish: false,
  });
  assert.equal(
    await ok("trigger get made VERSION"),
    'ok: got trigger made, displaying field VERSION\n"0.0.1"\n',
  );
  assert.equal(
    await ok("trigger get made --summary"),
    "trigger /guest/made\n   (parameters: *a, *b)\n",
  );
  assert.equal(await ok("trigger update made -p c 3"), "ok: updated trigger made\n");
  const { parameters, annotations } = await readTrigger("made");
  assert.deepEqual([parameters, annotations], [[{ key: "c", value: 3 }], record.annotations]);
  assert.equal(
    await ok("trigger update made-by-update -T a 1"),
    "ok: updated trigger made-by-update\n",
  );
  assert.deepEqual((await readTrigger("made-by-update"))["parameters"], [{ key: "a", value: 1 }]);
  assert.equal(await ok("trigger delete /_/made"), "ok: deleted trigger made\n");
  assert.deepEqual(await readTrigger("made"), { status: 404 });
});

test("a trigger is fired with what is typed, and says so where nothing is run", async () => {
  await ok("trigger create fired");
  const idle = await cli("trigger fire fired");
  assert.deepEqual(
    [idle.code, idle.stdout, idle.stderr],
    [0, "ok: triggered /_/fired with id \n", "It has no active rule: nothing was run\n"],
  );
  await ok("rule create on-fired fired echo");
  const printed = await ok("trigger fire fired -p a [1] -p text hello");
  const [, id] = /^ok: triggered \/_\/fired with id ([0-9a-f]{32})\n$/.exec(printed) ?? [];
  const { response, logs } = await readActivation(brisk(), id);
  assert.deepEqual(response.result, { a: [1], text: "hello" });
  const { activationId } = JSON.parse(logs[0] ?? "");
  assert.equal(
    ((await readActivation(brisk(), activationId)).response.result as Json)["text"],
    "hello",
  );
  // As the commands on activations show it.
  assert.match(
    await ok("activation list fired"),
    /unknown warm +0s +success +guest\/fired:0\.0\.1/,
  );
  assert.match(await ok(`activation logs ${id}`), /"rule":"guest\/on-fired"/);
  assert.match(await ok(`activation get ${id} --summary`), /\(success at 20\d\d-/);
});

test("triggers are listed with their visibility, by name where asked", async () => {
  for (const name of ["b-list", "a-list"]) await ok(`trigger create ${name}`);
  const listed = (await ok("trigger list --limit 2")).split("\n");
  assert.deepEqual(listed, [
    "triggers",
    `${"/guest/a-list".padEnd(70)} private`,
    `${"/guest/b-list".padEnd(70)} private`,
    "",
  ]);
  const sorted = (await ok("trigger list /guest --limit 2 --skip 0 -n")).split("\n");
  assert.match(sorted[1] ?? "", /a-list/);
  const [first] = JSON.parse(await ok("trigger list -l 1 -o json")) as Json[];
  assert.equal(first?.["name"], "a-list");
});

test("refusals end as the status says", async () => {
  await ok("trigger create taken");
  const refusals: readonly (readonly [string, number, RegExp])[] = [
    ["trigger create taken", 153, /create trigger 'taken': resource already exists/],
    ["trigger get missing", 148, /get trigger 'missing': The requested resource does not exist\./],
    ["trigger fire missing", 148, /fire trigger 'missing': /],
    ["trigger delete missing", 148, /delete trigger 'missing': /],
    ["trigger get /other/t", 147, /get trigger 't': /],
    ["trigger get taken nothing", 1, /Invalid field filter 'nothing'/],
    ["trigger create x -p a 1 -T b 2", 149, /--param does not go with/],
    ["trigger create x -F a 1", 149, /--feed-param needs a trigger with a feed/],
    ["trigger update taken -F a 1", 149, /--feed-param needs a trigger with a feed/],
    ["trigger fire", 1, /missing required argument/],
  ];
  for (const [typed, exitCode, text] of refusals) {
    const { code, stdout, stderr } = await cli(typed);
    assert.deepEqual([code, stdout], [exitCode, ""], typed);
    assert.match(stderr, text);
  }
});

test("a feed is told of what becomes of its trigger, and gets the parameters", async () => {
  assert.equal(
    await ok("trigger create fed --feed feed -p every 5 -a note x"),
    "ok: created trigger fed\n",
  );
  const created = await readTrigger("fed");
  assert.deepEqual(created["parameters"], []);
  assert.deepEqual(created["annotations"], [
    { key: "note", value: "x" },
    { key: "feed", value: "/_/feed" },
  ]);
  const triggerName = "/_/fed";
  assert.deepEqual(await readTold("fed"), [{ every: 5, lifecycleEvent: "CREATE", triggerName }]);

  const [head = "", ...rest] = (await ok("trigger get fed")).split("\n");
  assert.match(head, /^ok: invoked \/_\/feed with id [0-9a-f]{32}$/);
  const { response } = JSON.parse(rest.join("\n"));
  assert.deepEqual(response.result, {
    key: true,
    told: { lifecycleEvent: "READ", triggerName },
  });
  assert.match(await ok("trigger get fed annotations"), /"feed"/);

  await ok("trigger update fed -p every 6");
  assert.equal((await readTrigger("fed"))["version"], "0.0.1");
  const updated = { every: 6, lifecycleEvent: "UPDATE", triggerName };
  assert.deepEqual((await readTold("fed"))[0], updated);
  await ok("trigger update fed -T a 1 -a note y");
  assert.deepEqual((await readTold("fed"))[0], updated);
  const { annotations, parameters } = await readTrigger("fed");
  assert.deepEqual(parameters, [{ key: "a", value: 1 }]);
  assert.deepEqual(annotations, [
    { key: "feed", value: "/_/feed" },
    { key: "note", value: "y" },
  ]);
  await ok("trigger update fed -F every 7");
  assert.deepEqual((await readTold("fed"))[0], { ...updated, every: 7 });
  assert.deepEqual((await readTrigger("fed"))["parameters"], parameters);

  await ok("trigger delete fed");
  assert.deepEqual((await readTold("fed"))[0], { lifecycleEvent: "DELETE", triggerName });
  assert.deepEqual(await readTrigger("fed"), { status: 404 });
});

test("a trigger whose feed refuses is not created", async () => {
  const { code, stdout, stderr } = await cli("trigger create refused -f feed -F fail CREATE");
  assert.deepEqual([code, stdout], [246, ""]);
  assert.equal(
    stderr,
    "error: Unable to create trigger 'refused': the feed /_/feed failed: no such shop\n",
  );
  assert.deepEqual(await readTrigger("refused"), { status: 404 });
  const told = await readTold("refused");
  assert.deepEqual(told[0]?.["lifecycleEvent"], "DELETE");
  const missing = await cli("trigger create refused -f none");
  assert.equal(missing.code, 148);
  assert.match(
    missing.stderr,
    /create trigger 'refused': the feed \/_\/none: The requested resource does not exist/,
  );
  assert.deepEqual(await readTrigger("refused"), { status: 404 });
});

test("a feed that does not let go of its trigger is heard of, and the trigger goes", async () => {
  await putAction(brisk(), { name: "gone-feed", code: FEED });
  await ok("trigger create freed -f gone-feed");
  await ok("action delete gone-feed");
  const { code, stdout, stderr } = await cli("trigger delete freed");
  assert.deepEqual([code, stdout], [0, "ok: deleted trigger freed\n"]);
  assert.match(
    stderr,
    /^The feed was not told, or did not agree: the feed \/_\/gone-feed: The requested resource does not/,
  );
});

test("--verbose does not show the key that a feed is given", async () => {
  const key = brisk().auth.split(":")[1] ?? "";
  const shown = await ok("trigger create traced -f feed --debug");
  assert.match(shown, /lifecycleEvent/);
  assert.equal(shown.includes(key), false);
});
