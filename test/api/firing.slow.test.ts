import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Brisk } from "../harness.ts";
import {
  ACTIVATIONS,
  type ActivationRecord,
  type Json,
  OWN,
  putAction,
  readActivation,
  useBrisk,
} from "./fixture.ts";

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

test("a trigger that is fired again and again is fired as it is then", async () => {
  await putTrigger("t14", { parameters: [{ key: "n", value: 1 }] });
  await putTrigger("t14b");
  const firings = async () => {
    const answer = await fire("t14");
    if (answer.status !== 202) return answer.status;
    const { json } = await brisk().request(
      "GET",
      `${ACTIVATIONS}/${(answer.json as Json)["activationId"]}`,
    );
    const logs = (json as ActivationRecord).logs.map((line) => JSON.parse(line) as Json);
    const ran = logs.filter(({ success }) => success === true);
    return Promise.all(ran.map(async (log) => (await readArguments(log))["n"]));
  };
  const move = (trigger: string) =>
    put(brisk(), `${RULES}/t14-1`, { trigger: `/_/${trigger}`, action: "/_/echo" });
  const remove = (path: string) => brisk().request("DELETE", path);
  const steps: readonly (readonly [() => Promise<unknown>, number | readonly unknown[]])[] = [
    [async () => {}, [1]],
    [() => put(brisk(), `${TRIGGERS}/t14`, { parameters: [{ key: "n", value: 2 }] }), [2]],
    [() => setStatus("t14-1", "inactive"), 204],
    [() => setStatus("t14-1", "active"), [2]],
    [() => move("t14b"), 204],
    [() => move("t14"), [2]],
    [() => remove(`${RULES}/t14-1`), 204],
    [() => move("t14"), [2]],
    [() => remove(`${TRIGGERS}/t14`), 404],
    [() => put(brisk(), `${TRIGGERS}/t14`), 204],
  ];
  for (const [step, expected] of steps) {
    await step();
    assert.deepEqual([await firings(), await firings()], [expected, expected], String(step));
  }
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
  assert.match(String(logs[0]?.["error"]), /^Request defines parameters that are not allowed /);
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
