// Conductors: actions whose code says what runs next (web-and-composition specification, 3.7).

import assert from "node:assert/strict";
import { test } from "node:test";
import { ECHO, type Invoked, invokeWhole, putEntity, putSequence, readParts } from "./composed.ts";
import {
  annotationOf,
  invoke,
  type Json,
  putAction,
  readActivation,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import { createTenant, EXEC } from "./tenants.ts";

const TOO_LONG = "Too many actions in the composition.";
const CONDUCTOR = [{ key: "conductor", value: true }];

/** Says what its input says; whatever else there is goes to the action. An error is passed on. */
const COND = `exports.main = ({ error, action, state, params, ...rest }) =>
  error !== undefined ? { error } : { params: { ...rest, ...params }, action, state }`;
const STEP =
  "exports.main = ({ n }) => n === undefined ? { error: 'missing parameter' } : { n: n + 1 }";
/** As many steps as it is told. */
const CHAIN = `exports.main = ({ error, n, left = 0 }) => error !== undefined
  ? { error } : left === 0 ? { params: { n } } : { action: "step", params: { n }, state: { left: left - 1 } }`;
/** Takes a step with a state, and shows what it then got. */
const SEEING = `exports.main = (given) => "n" in given
  ? { params: { saw: given } } : { action: "plain", params: { n: 1 }, state: given.state }`;
/** Itself in itself, so deep. */
const NESTING = `exports.main = ({ error, depth, value }) => error !== undefined
  ? { error } : depth > 0 ? { action: "nesting", params: { depth: depth - 1 } } : { value: value ?? "deepest" }`;

const brisk = useBrisk({
  setUp: async (brisk) => {
    await putEntity(brisk, "packages", "p");
    for (const [name, code] of Object.entries({
      echo: ECHO,
      cond: COND,
      chain: CHAIN,
      nesting: NESTING,
      seeing: SEEING,
    })) {
      await putAction(brisk, { name, code, annotations: CONDUCTOR });
    }
    await putAction(brisk, { name: "step", code: STEP });
    await putAction(brisk, { name: "p/step", code: STEP });
    await putAction(brisk, { name: "plain", code: ECHO });
    await putSequence(brisk, "three", ["step", "step", "step"]);
  },
});

interface Case {
  readonly name: string;
  readonly action: string;
  readonly body: Json;
  readonly status?: number;
  readonly result: Json | RegExp;
  readonly logs: number;
}

function refusal(text: string | RegExp): Pick<Case, "result" | "status"> {
  return { status: 502, result: typeof text === "string" ? { error: text } : text };
}

function noName(shown: string): Pick<Case, "result" | "status"> {
  return refusal(`Failed to parse action name from json value ${shown} during composition.`);
}

const CASES: readonly Case[] = [
  {
    name: "what names no action is the end, with its state",
    action: "echo",
    body: { payload: "t", state: "t" },
    result: { payload: "t", state: "t" },
    logs: 1,
  },
  {
    name: "an error is the end",
    action: "echo",
    body: { error: "t" },
    ...refusal("t"),
    logs: 1,
  },
  {
    name: "params are the result where they are there",
    action: "echo",
    body: { params: { payload: "t" }, result: "r", state: "s" },
    result: { payload: "t" },
    logs: 1,
  },
  {
    name: "params that are no object are put into one",
    action: "echo",
    body: { params: 5 },
    result: { value: 5 },
    logs: 1,
  },
  {
    name: "params that are null are put into an object",
    action: "echo",
    body: { params: null },
    result: { value: null },
    logs: 1,
  },
  {
    name: "an illegal name is told to the conductor",
    action: "echo",
    body: { action: "invalid#Action" },
    ...noName('"invalid#Action"'),
    logs: 2,
  },
  ...[null, 7, "/a", "a/b/c/d", "", {}].map(
    (action): Case => ({
      name: `${JSON.stringify(action)} names no action`,
      action: "echo",
      body: { action },
      ...noName(JSON.stringify(action)),
      logs: 2,
    }),
  ),
  {
    name: "a missing action is told to the conductor",
    action: "echo",
    body: { action: "missing" },
    ...refusal("Failed to resolve action with name 'guest/missing' during composition."),
    logs: 2,
  },
  {
    name: "another's action is told to the conductor",
    action: "cond",
    body: { action: "/other/step" },
    ...refusal("Failed entitlement check for action with name 'other/step' during composition."),
    logs: 2,
  },
  {
    name: "a missing package is told to the conductor",
    action: "cond",
    body: { action: "nopkg/x" },
    ...refusal("Failed entitlement check for action with name 'guest/nopkg/x' during composition."),
    logs: 2,
  },
  {
    name: "a missing action of a package is told to the conductor",
    action: "cond",
    body: { action: "/_/p/x" },
    ...refusal("Failed to resolve action with name 'guest/p/x' during composition."),
    logs: 2,
  },
  ...["step", "p/step", "/guest/step", "/_/step", "_/p/step", "/guest/p/step"].map(
    (action): Case => ({
      name: `${action} is run, and the conductor gets its result`,
      action: "cond",
      body: { action, n: 1 },
      result: { n: 2 },
      logs: 3,
    }),
  ),
  {
    name: "a component's error is given to the conductor",
    action: "cond",
    body: { action: "step" },
    ...refusal("missing parameter"),
    logs: 3,
  },
  {
    name: "a state lies over the next input",
    action: "cond",
    body: { action: "step", state: { witness: 42 }, n: 1 },
    result: { n: 2, witness: 42 },
    logs: 3,
  },
  {
    name: "a state may ask for the next step",
    action: "cond",
    body: { action: "step", state: { action: "step" }, n: 1 },
    result: { n: 3 },
    logs: 5,
  },
  ...[1, null, "s", [1]].map(
    (state): Case => ({
      name: `the state ${JSON.stringify(state)} is put into an object, which lies over the next input`,
      action: "seeing",
      body: { state },
      result: { saw: { n: 1, state } },
      logs: 3,
    }),
  ),
  {
    name: "fifty steps are taken",
    action: "chain",
    body: { n: 0, left: 50 },
    result: { n: 50 },
    logs: 101,
  },
  {
    name: "one step more is not",
    action: "chain",
    body: { n: 0, left: 51 },
    ...refusal(TOO_LONG),
    logs: 102 - 0,
  },
];

for (const { name, action, body, status = 200, result, logs } of CASES) {
  test(name, async () => {
    const whole = await invokeWhole(brisk(), action, body);
    if (result instanceof RegExp) assert.match(JSON.stringify(whole.result), result);
    else assert.deepEqual(whole.result, result);
    assert.equal(whole.status, status);
    assert.equal(whole.record.logs.length, logs);
    await checkComposition(whole, action);
  });
}

async function checkComposition({ record }: Invoked, action: string): Promise<void> {
  const { annotations, response, status } = { ...record, status: record.response.status };
  assert.deepEqual(
    annotations.map(({ key }) => key),
    ["topmost", "path", "kind", "conductor", "waitTime", "limits"],
  );
  assert.equal(annotationOf(record, "topmost"), true);
  assert.equal(annotationOf(record, "path"), `guest/${action}`);
  assert.equal(annotationOf(record, "kind"), "sequence");
  assert.equal(annotationOf(record, "conductor"), true);
  assert.equal(response.size, undefined);
  assert.ok(["success", "application error"].includes(status));
  const parts = await readParts(brisk(), record);
  const conducted = parts.filter((_, index) => index % 2 === 0);
  if (status === "success") {
    for (const run of conducted) assert.equal(annotationOf(run, "path"), `guest/${action}`);
  }
  for (const run of conducted) {
    assert.equal(annotationOf(run, "kind"), "nodejs:24");
    for (const key of ["conductor", "topmost"]) assert.equal(annotationOf(run, key), undefined);
    assert.ok(Number(annotationOf(run, "waitTime")) >= 0);
  }
}

test("what a conductor leaves out of its state is forgotten", async () => {
  const code = `exports.main = ({ n, round = 0, seen = [], ...rest }) => {
    const now = [...seen, Object.keys(rest).sort().join()];
    if (round === 0) return { action: "plain", params: { n, a: 1 }, state: { round: 1, old: true, seen: now } };
    if (round === 1) return { action: "plain", params: { b: 1 }, state: { round: 2, seen: now } };
    return { seen: now };
  }`;
  await putAction(brisk(), { name: "forgetful", code, annotations: CONDUCTOR });
  const { result } = await invokeWhole(brisk(), "forgetful", { n: 1 });
  assert.deepEqual(result, { seen: ["", "a,old", "b"] });
});

test("a conductor gets its own parameters each time, and a component its own", async () => {
  const code =
    "exports.main = ({ own, done, a }) => done ? { own, a } : { action: 'bound', state: { done: 1 } }";
  const own = (value: string) => [{ key: "own", value }];
  const conductor = { code, annotations: CONDUCTOR, parameters: own("conductor") };
  await putAction(brisk(), { name: "with-own", ...conductor });
  const parameters = [{ key: "a", value: "component" }];
  await putAction(brisk(), { name: "bound", code: ECHO, parameters });
  const { result } = await invokeWhole(brisk(), "with-own", { a: "not passed on" });
  assert.deepEqual(result, { own: "conductor", a: "component" });
});

test("a composition in a composition is one of its parts, with parts of its own", async () => {
  const body = { action: "cond", params: { action: "step" }, n: 1 };
  const { record, result } = await invokeWhole(brisk(), "cond", body);
  assert.deepEqual(result, { n: 2 });
  const [, inner] = await readParts(brisk(), record);
  assert.equal(record.logs.length, 3);
  assert.ok(inner);
  assert.equal(inner.logs.length, 3);
  assert.equal(annotationOf(inner, "topmost"), false);
  assert.equal(annotationOf(inner, "conductor"), true);
  await readParts(brisk(), inner);
});

test("fifty compositions may be in one another, and not one more", async () => {
  const fifty = await invokeWhole(brisk(), "nesting", { depth: 50 });
  assert.equal(fifty.status, 200);
  assert.deepEqual(fifty.result, { value: "deepest" });
  const more = await invokeWhole(brisk(), "nesting", { depth: 51 });
  assert.equal(more.status, 502);
  assert.deepEqual(more.result, { error: TOO_LONG });
});

test("the record has the largest memory of conductor and components", async () => {
  const sized = (name: string, memory: number) =>
    putAction(brisk(), { name, code: STEP, limits: { memory, timeout: 30_000 } });
  await sized("step-512", 512);
  await sized("step-128", 128);
  for (const [action, memory] of [
    ["step-512", 512],
    ["step-128", 256],
  ] as const) {
    const { record } = await invokeWhole(brisk(), "cond", { action, n: 1 });
    const limits = { timeout: 60_000, memory, logs: 10, concurrency: 1 };
    assert.deepEqual(annotationOf(record, "limits"), limits);
  }
});

test("a sequence in a composition is one of its parts", async () => {
  const { record, result } = await invokeWhole(brisk(), "cond", { action: "three", n: 1 });
  assert.deepEqual(result, { n: 4 });
  const [, sequence] = await readParts(brisk(), record);
  assert.ok(sequence);
  assert.equal(record.logs.length, 3);
  assert.equal(annotationOf(sequence, "topmost"), false);
  assert.equal(annotationOf(sequence, "conductor"), undefined);
  assert.equal(sequence.logs.length, 3);
});

test("a composition in a sequence is one of its parts, and its result goes on", async () => {
  await putSequence(brisk(), "around", ["step", "chain", "step"]);
  await putAction(brisk(), {
    name: "two-steps",
    code: CHAIN.replace("left = 0", "left = 2"),
    annotations: CONDUCTOR,
  });
  await putSequence(brisk(), "around", ["step", "two-steps", "step"]);
  const { record, result } = await invokeWhole(brisk(), "around", { n: 1 });
  assert.deepEqual(result, { n: 5 });
  const [, composition] = await readParts(brisk(), record);
  assert.ok(composition);
  assert.equal(composition.logs.length, 5);
  assert.equal(annotationOf(composition, "conductor"), true);
  assert.equal(annotationOf(composition, "topmost"), false);
});

test("a composition that ends well with a field error ends the sequence around it", async () => {
  await putSequence(brisk(), "well-ended", ["echo", "plain"]);
  const { status, record, result } = await invokeWhole(brisk(), "well-ended", {
    params: { error: "in a field" },
  });
  assert.equal(status, 200);
  assert.deepEqual(result, { error: "in a field" });
  assert.equal(record.logs.length, 1);
});

test("an array, from a component or from the conductor, becomes the field value", async () => {
  await putAction(brisk(), { name: "array", code: "exports.main = () => [1, 2]" });
  const component = await invokeWhole(brisk(), "cond", { action: "array" });
  assert.deepEqual(component.result, { value: [1, 2] });
  const code = "exports.main = () => [1, 2]";
  await putAction(brisk(), { name: "array-conductor", code, annotations: CONDUCTOR });
  assert.deepEqual((await invokeWhole(brisk(), "array-conductor")).result, { value: [1, 2] });
});

test("a conductor whose code fails ends the composition with its own words", async () => {
  const code = "exports.main = () => { throw new Error('broken'); }";
  await putAction(brisk(), { name: "broken", code, annotations: CONDUCTOR });
  const { status, record, result } = await invokeWhole(brisk(), "broken");
  assert.equal(status, 502);
  assert.equal(record.response.status, "action developer error");
  assert.match(JSON.stringify(result), /An error has occurred: Error: broken/);
  assert.equal(record.logs.length, 1);
});

test("any truthy annotation makes a conductor, any other a plain action", async () => {
  const isConductor = async (value: unknown) => {
    const annotations = [{ key: "conductor", value }];
    await putAction(brisk(), { name: "maybe", code: ECHO, annotations });
    const { json } = await invoke(brisk(), "maybe");
    const record = await readActivation(brisk(), (json as Json)["activationId"]);
    return annotationOf(record, "conductor") === true;
  };
  for (const value of [true, 1, "false", [], {}]) assert.ok(await isConductor(value));
  for (const value of [false, 0, "", null]) assert.ok(!(await isConductor(value)));
});

test("a sequence with the annotation is a plain sequence", async () => {
  const body = { annotations: CONDUCTOR };
  await brisk().request("PUT", "/api/v1/namespaces/_/actions/three?overwrite=true", { body });
  const { record, result } = await invokeWhole(brisk(), "three", { n: 1 });
  assert.deepEqual(result, { n: 4 });
  assert.equal(annotationOf(record, "conductor"), undefined);
});

test("a rate counts a composition once, whatever its length", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "one-left");
  const exec = { ...EXEC, code: CHAIN };
  await request("PUT", `${actions}/chain`, { exec, annotations: CONDUCTOR });
  await request("PUT", `${actions}/step`, { exec: { ...EXEC, code: STEP } });
  await limit({ invocationsPerMinute: 1, concurrentInvocations: 1 });
  const answer = await waitFor(async () => {
    const path = `${actions}/chain?blocking=true`;
    const answer = await request("POST", path, { n: 0, left: 10 });
    return answer.status === 429 ? undefined : answer;
  });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(((answer.json as Json)["logs"] as string[]).length, 21);
});

test("who waits in vain hears the id, and the composition goes on", async () => {
  await putAction(brisk(), {
    name: "late",
    code: "exports.main = () => new Promise((resolve) => setTimeout(resolve, 300, { late: true }))",
  });
  const query = "blocking=true&timeout=100";
  const { status, json } = await invoke(brisk(), "cond", { query, body: { action: "late" } });
  assert.equal(status, 202);
  const record = await readActivation(brisk(), (json as Json)["activationId"]);
  assert.deepEqual(record.response.result, { late: true });
});
