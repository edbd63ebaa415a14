import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Brisk } from "../harness.ts";
import {
  ACTIVATIONS,
  type ActivationRecord,
  checkError,
  type Json,
  OWN,
  putAction,
  type Row,
  readActivation,
  testRows,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import { createTenant } from "./tenants.ts";

const TRIGGERS = `${OWN}/triggers`;
const RULES = `${OWN}/rules`;
const ECHO = "const main = (all) => all";

const brisk = useBrisk({
  setUp: async (up) => {
    await putAction(up, { name: "echo", code: ECHO });
    await put(up, `${TRIGGERS}/idle`);
  },
});

async function put(up: Brisk, path: string, body: Json = {}): Promise<Json> {
  const answer = await up.request("PUT", `${path}?overwrite=true`, { body });
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

/** A trigger, and a rule of its own for each of the actions, called `name-1` and so on. */
async function putTrigger(
  name: string,
  { actions = ["echo"], ...body }: Json & { readonly actions?: readonly string[] } = {},
): Promise<void> {
  await put(brisk(), `${TRIGGERS}/${name}`, body);
  for (const [index, action] of actions.entries()) {
    const links = { trigger: `/_/${name}`, action: `/_/${action}` };
    await put(brisk(), `${RULES}/${name}-${index + 1}`, links);
  }
}

function setStatus(rule: string, status: "active" | "inactive"): Promise<Answer> {
  return brisk().request("POST", `${RULES}/${rule}`, { body: { status } });
}

function fire(name: string, body?: unknown, headers = {}): Promise<Answer> {
  return brisk().request("POST", `${TRIGGERS}/${name}`, { body, headers });
}

interface Fired {
  readonly record: ActivationRecord;
  readonly logs: readonly Json[];
}

/** The record is there with the answer. */
async function fireAndRead(name: string, body?: unknown, headers = {}): Promise<Fired> {
  const answer = await fire(name, body, headers);
  assert.equal(answer.status, 202, answer.text);
  const { activationId } = answer.json as Json;
  assert.equal(answer.headers["x-openwhisk-activation-id"], activationId);
  const { json } = await brisk().request("GET", `${ACTIVATIONS}/${activationId}`);
  const record = json as ActivationRecord;
  return { record, logs: record.logs.map((line) => JSON.parse(line) as Json) };
}

/** What the action of that log line was given. */
async function readArguments(log: Json | undefined): Promise<Json> {
  const { response } = await readActivation(brisk(), log?.["activationId"]);
  return response.result as Json;
}

test("a firing runs the rule's action with the trigger's parameters, headers and event", async () => {
  await putTrigger("t1", { parameters: [{ key: "a", value: "A" }] });
  const { record, logs } = await fireAndRead("t1", { t: "T" });
  assert.deepEqual(record.response, { status: "success", success: true, result: { t: "T" } });
  assert.equal("end" in record || "duration" in record || "cause" in record, false);
  assert.deepEqual(record.annotations, []);
  assert.equal(record.version, "0.0.1");
  assert.equal(record.subject, "guest");
  const activationId = logs[0]?.["activationId"];
  const link = { rule: "guest/t1-1", action: "guest/echo" };
  assert.deepEqual(record.logs, [
    JSON.stringify({ ...link, statusCode: 0, success: true, activationId }),
  ]);
  const { __ow_headers, ...rest } = await readArguments(logs[0]);
  assert.deepEqual(rest, { a: "A", t: "T" });
  assert.equal(typeof __ow_headers, "object");
});

test("a firing without a body has an empty event, and headers all the same", async () => {
  await putTrigger("t2", { parameters: [{ key: "a", value: null }] });
  const { record, logs } = await fireAndRead("t2");
  assert.deepEqual(record.response.result, {});
  const { __ow_headers, ...rest } = await readArguments(logs[0]);
  assert.deepEqual(rest, { a: null });
  assert.equal(typeof __ow_headers, "object");
});

test("the event wins over the trigger's parameters, which win over the action's", async () => {
  const parameters = ["a", "b", "c"].map((key) => ({ key, value: `action's ${key}` }));
  await putAction(brisk(), { name: "bound", code: ECHO, parameters });
  const own = ["a", "b"].map((key) => ({ key, value: `trigger's ${key}` }));
  await putTrigger("t3", { parameters: own, actions: ["bound"] });
  const { logs } = await fireAndRead("t3", { a: "B" });
  const { __ow_headers: _, ...rest } = await readArguments(logs[0]);
  assert.deepEqual(rest, { a: "B", b: "trigger's b", c: "action's c" });
});

test("actions see the request's headers, but not its key", async () => {
  await putTrigger("headers");
  const { logs } = await fireAndRead("headers", { t: 1 }, { "X-Mine": "yes" });
  const headers = (await readArguments(logs[0]))["__ow_headers"] as Json;
  assert.equal(headers["x-mine"], "yes");
  for (const name of ["authorization", "content-type", "content-length"]) {
    assert.equal(name in headers, false, name);
  }
  const replaced = await fireAndRead("headers", { __ow_headers: "own" });
  assert.equal((await readArguments(replaced.logs[0]))["__ow_headers"], "own");
});

test("numbers of an event keep their digits on the way into the record", async () => {
  await putTrigger("digits");
  const type = { "content-type": "application/json" };
  const { json } = await fire("digits", '{"n":12345678901234567890}', type);
  const path = `${ACTIVATIONS}/${(json as Json)["activationId"]}`;
  const { text } = await brisk().request("GET", path);
  assert.ok(text.includes('{"n":12345678901234567890}'), text);
});

test("without an active rule a firing is 204 and leaves nothing", async () => {
  const assertNothing = async (name: string) => {
    const { status, text, headers } = await fire(name, { t: 1 });
    assert.deepEqual([status, text], [204, ""]);
    assert.equal(headers["x-openwhisk-activation-id"], undefined);
    assert.equal(headers["content-length"], undefined);
  };
  await assertNothing("idle");
  await putTrigger("t5");
  await setStatus("t5-1", "inactive");
  await assertNothing("t5");
  await setStatus("t5-1", "active");
  assert.equal((await brisk().request("DELETE", `${RULES}/t5-1`)).status, 200);
  await assertNothing("t5");
  const listed = await brisk().request("GET", `${ACTIVATIONS}?name=t5&count=true`);
  assert.deepEqual(listed.json, { activations: 0 });
});

test("an inactive rule is said so in the log, and does not run", async () => {
  await putTrigger("t6", { actions: ["echo", "echo"] });
  await setStatus("t6-2", "inactive");
  const { logs } = await fireAndRead("t6");
  assert.equal(logs[0]?.["statusCode"], 0);
  assert.deepEqual(logs[1], {
    rule: "guest/t6-2",
    action: "guest/echo",
    statusCode: 1,
    success: false,
    error: "Rule 'guest/t6-2' is inactive, action 'guest/echo' was not activated.",
  });
});

test("a rule whose action is gone fails alone, and works again with the action", async () => {
  await putAction(brisk(), { name: "brief", code: ECHO });
  await putTrigger("t7", { actions: ["echo", "brief"] });
  assert.equal((await brisk().request("DELETE", `${OWN}/actions/brief`)).status, 200);
  const { logs } = await fireAndRead("t7");
  assert.equal(logs[0]?.["statusCode"], 0);
  assert.deepEqual(logs[1], {
    rule: "guest/t7-2",
    action: "guest/brief",
    statusCode: 1,
    success: false,
    error: "The requested resource does not exist.",
  });
  await putAction(brisk(), { name: "brief", code: ECHO });
  const again = await fireAndRead("t7");
  assert.equal(again.logs[1]?.["statusCode"], 0);
});

test("names with blanks work", async () => {
  await putAction(brisk(), { name: encodeURIComponent("an action"), code: ECHO });
  await put(brisk(), `${TRIGGERS}/a%20trigger`);
  const links = { trigger: "/_/a trigger", action: "/_/an action" };
  await put(brisk(), `${RULES}/a%20rule`, links);
  const { record, logs } = await fireAndRead("a%20trigger", { t: 1 });
  assert.equal(record.name, "a trigger");
  assert.deepEqual([logs[0]?.["rule"], logs[0]?.["action"]], ["guest/a rule", "guest/an action"]);
  assert.equal((await readArguments(logs[0]))["t"], 1);
});

test("a rule that was switched off and on runs, and stands at the log's end", async () => {
  await putTrigger("t10", { actions: ["echo", "echo"] });
  await setStatus("t10-1", "inactive");
  await setStatus("t10-1", "active");
  const { logs } = await fireAndRead("t10");
  assert.deepEqual(
    logs.map(({ rule, statusCode }) => [rule, statusCode]),
    [
      ["guest/t10-2", 0],
      ["guest/t10-1", 0],
    ],
  );
});

test("a trigger that is made again fires nothing until its rule is switched on", async () => {
  await putTrigger("t11");
  assert.equal((await brisk().request("DELETE", `${TRIGGERS}/t11`)).status, 200);
  assert.equal((await fire("t11")).status, 404);
  await put(brisk(), `${TRIGGERS}/t11`);
  assert.equal((await fire("t11")).status, 204);
  assert.equal((await setStatus("t11-1", "active")).status, 200);
  const { logs } = await fireAndRead("t11");
  assert.equal(logs.length, 1);
});

test("one trigger fires all its rules, and one action may have many triggers", async () => {
  await putTrigger("t12", { actions: ["echo", "echo"] });
  await putTrigger("t12b");
  const both = await fireAndRead("t12", { n: 1 });
  const one = await fireAndRead("t12b", { n: 2 });
  assert.deepEqual([both.logs.length, one.logs.length], [2, 1]);
  for (const log of both.logs) assert.equal((await readArguments(log))["n"], 1);
  assert.equal((await readArguments(one.logs[0]))["n"], 2);
});

test("what an action ends with is not the trigger's matter", async () => {
  await putAction(brisk(), { name: "fails", code: "const main = () => ({ error: 'no' })" });
  await putTrigger("t13", { actions: ["fails"] });
  const { record, logs } = await fireAndRead("t13");
  assert.deepEqual([logs[0]?.["statusCode"], record.response.success], [0, true]);
});

test("a fired action's record is an ordinary one", async () => {
  await putTrigger("t17");
  const { logs } = await fireAndRead("t17");
  const record = await readActivation(brisk(), logs[0]?.["activationId"]);
  assert.equal("cause" in record, false);
  const keys = record.annotations.map(({ key }) => key);
  assert.deepEqual(keys.slice(0, 5), ["path", "kind", "limits", "timeout", "waitTime"]);
  assert.equal(keys.includes("causedBy"), false);
});

test("what is asked for in the query is ignored", async () => {
  await putTrigger("t19");
  const path = `${TRIGGERS}/t19?blocking=true&result=perhaps&timeout=0`;
  assert.equal((await brisk().request("POST", path)).status, 202);
});

test("a final parameter stops its own rule only", async () => {
  await putAction(brisk(), {
    name: "final",
    code: ECHO,
    parameters: [{ key: "a", value: 1 }],
    annotations: [{ key: "final", value: true }],
  });
  const parameters = [{ key: "a", value: 2 }];
  await putTrigger("t21", { parameters, actions: ["final", "echo"] });
  const { logs } = await fireAndRead("t21");
  assert.equal(logs[0]?.["statusCode"], 1);
  assert.match(String(logs[0]?.["error"]), /^Request defines parameters that are not allowed: a/);
  assert.equal(logs[1]?.["statusCode"], 0);
});

test("parameters and event are too large together: the rule fails, the firing does not", async () => {
  const half = "x".repeat(600_000);
  await putTrigger("large", { parameters: [{ key: "a", value: half }] });
  const { logs } = await fireAndRead("large", { b: half });
  assert.equal(logs[0]?.["statusCode"], 1);
  assert.match(String(logs[0]?.["error"]), /^Request larger than allowed: \d+ > \d+ bytes\.$/);
});

test("a trigger's activations are listed by its name, without an end", async () => {
  await putTrigger("t23");
  const { record } = await fireAndRead("t23");
  const { json } = await brisk().request("GET", `${ACTIVATIONS}?name=t23`);
  assert.deepEqual(json, [
    {
      namespace: "guest",
      name: "t23",
      version: "0.0.1",
      activationId: record.activationId,
      start: record.start,
      annotations: [],
      publish: false,
    },
  ]);
  const path = `${ACTIVATIONS}/${record.activationId}`;
  const result = await brisk().request("GET", `${path}/result`);
  assert.deepEqual(result.json, record.response);
  const logs = await brisk().request("GET", `${path}/logs`);
  assert.deepEqual(logs.json, { logs: record.logs });
});

test("many rules and a large event: all run, each once", async () => {
  const count = 24;
  await putAction(brisk(), { name: "size", code: "const main = ({ a }) => ({ n: a.length })" });
  await putTrigger("many", { actions: Array(count).fill("size") });
  const { logs } = await fireAndRead("many", { a: "x".repeat(1_000_000) });
  const ids = new Set(logs.map(({ activationId }) => activationId));
  assert.equal(ids.size, count);
  for (const log of logs) assert.deepEqual(await readArguments(log), { n: 1_000_000 });
});

test("rules count as invocations: beyond their rate they fail, the firing does not", async () => {
  const tenant = await createTenant(brisk(), "t14-tenant");
  const own = "/api/v1/namespaces/_";
  const links = { trigger: "/_/t", action: "/_/quick" };
  assert.equal((await tenant.request("PUT", `${own}/triggers/t`, {})).status, 200);
  assert.equal((await tenant.request("PUT", `${own}/triggers/idle`, {})).status, 200);
  assert.equal((await tenant.request("PUT", `${own}/rules/r`, links)).status, 200);
  await tenant.limit({ invocationsPerMinute: 0, firesPerMinute: 1_000_000 });
  const { status, json } = await tenant.request("POST", `${own}/triggers/t`);
  assert.equal(status, 202);
  const path = `${own}/activations/${(json as Json)["activationId"]}`;
  const { logs } = (await tenant.request("GET", path)).json as ActivationRecord;
  const log = JSON.parse(logs[0] ?? "") as Json;
  assert.equal(log["statusCode"], 1);
  assert.match(
    String(log["error"]),
    /^Too many requests in the last minute \(count: 1, allowed: 0\)/,
  );
});

test("fires have a rate of their own, which those without a rule count in too", async () => {
  const tenant = await createTenant(brisk(), "t15-tenant");
  const own = "/api/v1/namespaces/_";
  assert.equal((await tenant.request("PUT", `${own}/triggers/t`, {})).status, 200);
  await tenant.limit({ firesPerMinute: 2, invocationsPerMinute: 1_000_000 });
  // The clock's minute may end in between: then it begins again with none.
  const refused = await waitFor(async () => {
    const answer = await tenant.request("POST", `${own}/triggers/t`);
    return answer.status === 204 ? undefined : answer;
  });
  assert.equal(refused.status, 429);
  checkError(refused, "Too many requests in the last minute (count: 3, allowed: 2).");
  // Before anything is looked at.
  const missing = await tenant.request("POST", `${own}/triggers/none`);
  assert.equal(missing.status, 429);
  const invoked = await tenant.request("POST", `${tenant.actions}/quick`);
  assert.equal(invoked.status, 202);
  const listed = await tenant.request("GET", `${own}/activations?name=t&count=true`);
  assert.deepEqual(listed.json, { activations: 0 });
});

test("what a namespace does not want stored is not, and fires all the same", async () => {
  const tenant = await createTenant(brisk(), "unstored");
  const own = "/api/v1/namespaces/_";
  assert.equal((await tenant.request("PUT", `${own}/triggers/t`, {})).status, 200);
  const links = { trigger: "/_/t", action: "/_/quick" };
  assert.equal((await tenant.request("PUT", `${own}/rules/r`, links)).status, 200);
  await tenant.limit({ storeActivations: false });
  const { status, json } = await tenant.request("POST", `${own}/triggers/t`);
  assert.equal(status, 202);
  const path = `${own}/activations/${(json as Json)["activationId"]}`;
  assert.equal((await tenant.request("GET", path)).status, 404);
});

const ROWS: readonly Row[] = [
  {
    name: "a trigger that is not there does not fire",
    method: "POST",
    path: `${TRIGGERS}/none`,
    status: 404,
    error: "The requested resource does not exist.",
  },
  {
    name: "an action is no trigger to fire",
    method: "POST",
    path: `${TRIGGERS}/echo`,
    status: 409,
    error: "Resource by this name exists but is not in this collection.",
  },
  {
    name: "another namespace's trigger does not fire",
    method: "POST",
    path: "/api/v1/namespaces/other/triggers/t",
    status: 403,
    error: "The supplied authentication is not authorized to access 'other/t'.",
  },
  {
    name: "an event that is an array is refused",
    method: "POST",
    path: `${TRIGGERS}/idle`,
    body: [1],
    status: 400,
    error: "The request content was malformed:\nthe body is an array, must be an object",
  },
  {
    name: "an event that is no JSON by its type is refused, before the trigger is looked up",
    method: "POST",
    path: `${TRIGGERS}/none`,
    body: "text",
    headers: { "content-type": "text/plain" },
    status: 415,
    error: /^The request's Content-Type is not supported/,
  },
  {
    name: "an event that is no JSON is refused, before the trigger is looked up",
    method: "POST",
    path: `${TRIGGERS}/none`,
    body: "{",
    headers: { "content-type": "application/json" },
    status: 400,
    error: /^The request content was malformed:\n/,
  },
  {
    name: "an event that is too large is refused",
    method: "POST",
    path: `${TRIGGERS}/none`,
    body: { a: "x".repeat(1_100_000) },
    status: 413,
    error: /^Request larger than allowed: \d+ > 1048576 bytes\.$/,
  },
  {
    name: "an illegal name is refused",
    method: "POST",
    path: `${TRIGGERS}/${encodeURIComponent("a?b")}`,
    status: 400,
    error: /illegal characters/,
  },
];

testRows(brisk, ROWS);
