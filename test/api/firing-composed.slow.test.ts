// What a trigger fires that is more than an action of one's own: in packages, through bindings, another's,
// composed (web-and-composition specification, 4.6: T8, T9, T22; 2.6: S22).

import assert from "node:assert/strict";
import { test } from "node:test";
import { ECHO, readParts } from "./composed.ts";
import {
  type ActivationRecord,
  annotationOf,
  type Json,
  readActivation,
  useBrisk,
} from "./fixture.ts";
import {
  bind,
  createOwner,
  guestOf,
  type Owner,
  put,
  putCode,
  putPackage,
  refusal,
  share,
} from "./owners.ts";
import { toKeyValues } from "./web-fixture.ts";

let guest: Owner;
let other: Owner;
const brisk = useBrisk({
  setUp: async (up) => {
    guest = guestOf(up);
    other = await createOwner(up, "other");
    await putCode(guest, "echo", { code: ECHO });
    const parameters = { a: "provider", b: "provider", c: "provider" };
    for (const name of ["tools", "closing"]) {
      await putPackage(other, name, { publish: true, parameters });
      await putCode(other, `${name}/run`, { code: ECHO });
    }
    const own = { b: "binding", c: "binding" };
    await bind(guest, "bound", { provider: "other/tools", parameters: own });
  },
});

/** A trigger of that name, and a rule for each of the actions. */
async function putTrigger(
  name: string,
  { actions, parameters = {} }: { readonly actions: readonly string[]; readonly parameters?: Json },
): Promise<void> {
  await put(guest, `triggers/${encodeURIComponent(name)}`, { parameters: toKeyValues(parameters) });
  for (const [index, action] of actions.entries()) {
    const path = `rules/${encodeURIComponent(`${name}-${index + 1}`)}`;
    await put(guest, path, { trigger: `/_/${name}`, action });
  }
}

/** The lines of the firing's log. */
async function fire(name: string, event: Json = {}): Promise<readonly Json[]> {
  const path = `/api/v1/namespaces/_/triggers/${encodeURIComponent(name)}`;
  const answer = await guest.request("POST", path, event);
  assert.equal(answer.status, 202, answer.text);
  const { logs } = await readActivation(brisk(), (answer.json as Json)["activationId"]);
  return logs.map((line) => JSON.parse(line) as Json);
}

function readFired(line: Json | undefined): Promise<ActivationRecord> {
  return readActivation(brisk(), line?.["activationId"]);
}

/** What it was given, or passed on, without the request's headers. */
function readArguments({ response }: ActivationRecord): Json {
  const { __ow_headers, ...rest } = response.result as Json;
  assert.equal(typeof __ow_headers, "object");
  return rest;
}

test("a rule fires another's action through a binding, with what all of them say in turn", async () => {
  await putTrigger("t8", { actions: ["/_/bound/run"], parameters: { c: "trigger", d: "trigger" } });
  const [line] = await fire("t8", { d: "event" });
  const { activationId: _, ...rest } = line ?? {};
  assert.deepEqual(rest, {
    rule: "guest/t8-1",
    action: "guest/bound/run",
    statusCode: 0,
    success: true,
  });
  const record = await readFired(line);
  assert.deepEqual(readArguments(record), {
    a: "provider",
    b: "binding",
    c: "trigger",
    d: "event",
  });
  assert.deepEqual([record.namespace, record.name], ["guest", "run"]);
  assert.equal(annotationOf(record, "binding"), "guest/bound");
  assert.equal(annotationOf(record, "path"), "other/tools/run");
});

test("a rule fires what another shares, without a binding", async () => {
  await putTrigger("shared", { actions: ["/other/tools/run"] });
  const [line] = await fire("shared");
  assert.equal(line?.["action"], "other/tools/run");
  const record = await readFired(line);
  assert.equal(record.namespace, "guest");
  assert.equal(annotationOf(record, "binding"), undefined);
});

test("names with blanks work in packages too", async () => {
  await putPackage(guest, "a%20package");
  await putCode(guest, "a%20package/an%20action", { code: ECHO });
  await putTrigger("a trigger", { actions: ["/_/a package/an action"] });
  const [line] = await fire("a trigger", { n: 1 });
  assert.deepEqual(
    [line?.["rule"], line?.["action"]],
    ["guest/a trigger-1", "guest/a package/an action"],
  );
  assert.deepEqual(readArguments(await readFired(line)), { n: 1 });
});

test("what is not shared any more fails its own rule only, and works again when it is", async () => {
  await bind(guest, "closed", { provider: "other/closing" });
  const actions = ["/_/closed/run", "/_/echo", "/other/closing/run"];
  await putTrigger("closing", { actions });
  const outcomes = async () =>
    (await fire("closing")).map(({ statusCode, success, error }) => [statusCode, success, error]);
  const accepted = [0, true, undefined];
  assert.deepEqual(await outcomes(), [accepted, accepted, accepted]);
  await share(other, "closing", false);
  assert.deepEqual(await outcomes(), [
    [1, false, refusal("guest/closed")],
    accepted,
    [1, false, refusal("other/closing")],
  ]);
  await share(other, "closing", true);
  assert.deepEqual(await outcomes(), [accepted, accepted, accepted]);
});

const COMPONENTS = { kind: "sequence", components: ["/_/echo", "/_/echo"] };

function checkTopmost(record: ActivationRecord): void {
  assert.equal(annotationOf(record, "topmost"), true);
  assert.equal(annotationOf(record, "kind"), "sequence");
  assert.equal(annotationOf(record, "causedBy"), undefined);
  assert.equal("cause" in record, false);
}

test("a fired sequence stands in nothing, and its first component gets what an action would", async () => {
  await put(guest, "actions/fired", { exec: COMPONENTS });
  await putTrigger("s22", { actions: ["/_/fired"], parameters: { a: "trigger", b: "trigger" } });
  const [line] = await fire("s22", { b: "event" });
  assert.equal(line?.["action"], "guest/fired");
  const record = await readFired(line);
  checkTopmost(record);
  const given = { a: "trigger", b: "event" };
  assert.deepEqual(readArguments(record), given);
  const parts = await readParts(brisk(), record);
  assert.equal(parts.length, 2);
  for (const part of parts) assert.deepEqual(readArguments(part), given);
});

test("a fired composition stands in nothing", async () => {
  const code = `exports.main = ({ done, ...rest }) =>
    done ? { params: rest } : { action: "echo", params: rest, state: { done: true } }`;
  await putCode(guest, "conduct", { code, annotations: { conductor: true } });
  await putTrigger("t22", { actions: ["/_/conduct", "/_/conduct"], parameters: { a: "trigger" } });
  const lines = await fire("t22", { b: "event" });
  assert.equal(lines.length, 2);
  for (const line of lines) {
    const record = await readFired(line);
    checkTopmost(record);
    assert.equal(annotationOf(record, "conductor"), true);
    assert.deepEqual(readArguments(record), { a: "trigger", b: "event" });
    assert.equal((await readParts(brisk(), record)).length, 3);
  }
});

test("another's sequence is fired only by who may run its components", async () => {
  await putCode(other, "own", { code: ECHO });
  const exec = { kind: "sequence", components: ["/_/tools/run", "/_/own"] };
  await put(other, "actions/tools/half-open", { exec });
  const open = { kind: "sequence", components: ["/_/tools/run", "/_/tools/run"] };
  await put(other, "actions/tools/open", { exec: open });
  await putTrigger("foreign", { actions: ["/_/bound/half-open", "/_/bound/open"] });
  const [refused, accepted] = await fire("foreign");
  assert.deepEqual(refused, {
    rule: "guest/foreign-1",
    action: "guest/bound/half-open",
    statusCode: 1,
    success: false,
    error: refusal("other/own"),
  });
  const record = await readFired(accepted);
  checkTopmost(record);
  assert.equal(annotationOf(record, "binding"), "guest/bound");
  assert.equal(record.namespace, "guest");
});

test("a fired sequence's generated parameter is protected where it is final", async () => {
  const annotations = [{ key: "final", value: true }];
  await put(guest, "actions/guarded", { exec: COMPONENTS, annotations });
  await putTrigger("final", { actions: ["/_/guarded"] });
  const [refused] = await fire("final", { _actions: [] });
  assert.equal(refused?.["statusCode"], 1);
  assert.match(String(refused?.["error"]), /^Request defines parameters that are not allowed /);
  const [accepted] = await fire("final", { n: 1 });
  assert.equal(accepted?.["statusCode"], 0);
});
