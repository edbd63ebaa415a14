// Sequences: what runs, what is answered and recorded (web-and-composition specification, 2.6).

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ECHO,
  FAILING,
  invokeWhole,
  LINES,
  putActions,
  putEntity,
  putSequence,
  putUnchecked,
  readParts,
  times,
  trySequence,
} from "./composed.ts";
import {
  ACTIONS,
  ACTIVATIONS,
  annotationOf,
  checkRow,
  invoke,
  type Json,
  OWN,
  putAction,
  readActivation,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import { createTenant } from "./tenants.ts";

const LENGTH_MAX = 50;
const TOO_LONG = "Too many actions in the sequence.";
const MISSING = "Sequence component does not exist.";

const brisk = useBrisk({
  setUp: async (brisk) => {
    await putActions(brisk, { ...LINES, echo: ECHO, failing: FAILING });
    await putAction(brisk, {
      name: "big",
      code: ECHO,
      limits: { memory: 512 },
      parameters: [{ key: "p", value: "action" }],
    });
    await putAction(brisk, {
      name: "slow",
      code: "exports.main = () => new Promise(() => {})",
      limits: { timeout: 100 },
    });
    await putActions(brisk, { array: "exports.main = () => [1, { a: 2 }]" });
    await putSequence(brisk, "lines", ["split", "sort", "head", "cat"]);
    await putSequence(brisk, "s", ["echo"]);
    await putSequence(
      brisk,
      "x",
      ["z"].map(() => "s"),
    );
  },
});

test("each component gets the result of the one before, and the sequence's record says what they were", async () => {
  const body = { payload: "over the\nlazy\ndog", num: 2 };
  const { status, record, result } = await invokeWhole(brisk(), "lines", body);
  assert.equal(status, 200);
  assert.deepEqual(result, { payload: "dog", lines: ["dog"] }, "num is lost on the way");
  const { annotations, logs, response } = record;
  assert.equal(logs.length, 4);
  assert.ok(!("cause" in record));
  assert.deepEqual(
    annotations.map(({ key }) => key),
    ["topmost", "path", "kind", "waitTime", "limits"],
  );
  assert.equal(annotationOf(record, "topmost"), true);
  assert.equal(annotationOf(record, "path"), "guest/lines");
  assert.equal(annotationOf(record, "kind"), "sequence");
  assert.ok(Number(annotationOf(record, "waitTime")) >= 0);
  assert.deepEqual(annotationOf(record, "limits"), {
    timeout: 60_000,
    memory: 256,
    logs: 10,
    concurrency: 1,
  });
  const parts = await readParts(brisk(), record);
  assert.deepEqual(
    parts.map((part) => annotationOf(part, "path")),
    ["guest/split", "guest/sort", "guest/head", "guest/cat"],
  );
  assert.equal(response.size, parts[3]?.response.size, "of the last result");
  assert.equal(annotationOf(parts[0] ?? record, "topmost"), undefined);
});

test("result=true answers the last result alone", async () => {
  const body = { payload: "b\na" };
  const { status, json } = await invoke(brisk(), "lines", {
    query: "blocking=true&result=true",
    body,
  });
  assert.equal(status, 200);
  assert.deepEqual(json, { payload: "a", lines: ["a"] });
});

test("who does not wait is answered at once, and finds the record by the sequence's name", async () => {
  const { status, json } = await invoke(brisk(), "s", { query: "", body: { n: 1 } });
  assert.equal(status, 202);
  const { activationId } = json as { activationId: string };
  const record = await readActivation(brisk(), activationId);
  assert.deepEqual(record.response.result, { n: 1 });
  const { json: list } = await brisk().request("GET", `${ACTIVATIONS}?name=s`);
  assert.ok((list as Json[]).some((entry) => entry["activationId"] === activationId));
});

test("who waits in vain hears the id, and the sequence goes on", async () => {
  await putActions(brisk(), {
    late: "exports.main = () => new Promise((resolve) => setTimeout(resolve, 300, { late: true }))",
  });
  await putSequence(brisk(), "late-sequence", ["late", "echo"]);
  const { status, json } = await invoke(brisk(), "late-sequence", {
    query: "blocking=true&timeout=50",
  });
  assert.equal(status, 202);
  const { activationId } = json as { activationId: string };
  const record = await readActivation(brisk(), activationId);
  assert.deepEqual(record.response.result, { late: true });
});

test("an error in the payload is an argument like any other", async () => {
  const { status, result } = await invokeWhole(brisk(), "s", { error: "mine" });
  assert.equal(status, 502, "what echoes it fails");
  assert.deepEqual(result, { error: "mine" });
  const { json } = await invoke(brisk(), "lines", { body: { payload: "a", error: "mine" } });
  assert.equal(((json as Json)["logs"] as string[]).length, 4);
});

test("a component's error ends the sequence", async () => {
  await putSequence(brisk(), "failing-first", ["failing", "echo"]);
  const { status, record, result } = await invokeWhole(brisk(), "failing-first");
  assert.equal(status, 502);
  assert.equal(record.response.status, "application error");
  assert.deepEqual(result, { error: "x" });
  assert.equal(record.logs.length, 1);
});

test("a component that takes too long ends the sequence with its own words", async () => {
  await putSequence(brisk(), "slow-second", ["echo", "slow", "echo"]);
  const { status, record, result } = await invokeWhole(brisk(), "slow-second");
  assert.equal(status, 502);
  assert.equal(record.response.status, "action developer error");
  assert.match(String((result as Json)["error"]), /exceeded its time limits of 100 milliseconds/);
  assert.equal(record.logs.length, 2);
  assert.equal(annotationOf(record, "timeout"), undefined);
});

test("a component that is gone is missed when its turn comes", async () => {
  await putActions(brisk(), { passing: ECHO });
  await putSequence(brisk(), "with-passing", ["echo", "passing", "echo"]);
  await brisk().request("DELETE", `${ACTIONS}/passing`);
  const { status, record, result } = await invokeWhole(brisk(), "with-passing", { n: 1 });
  assert.equal(status, 502);
  assert.equal(record.response.status, "application error");
  assert.deepEqual(result, { error: MISSING });
  assert.equal(record.response.size, undefined);
  assert.equal(record.logs.length, 1);
});

test("a component's package that is gone is missed before the sequence begins, its name that is another's when its turn comes", async () => {
  await putEntity(brisk(), "packages", "passing-package");
  await putActions(brisk(), { "passing-package/a": ECHO, renamed: ECHO });
  await putSequence(brisk(), "packaged", ["echo", "passing-package/a"]);
  await putSequence(brisk(), "with-renamed", ["renamed", "echo"]);
  await brisk().request("DELETE", `${OWN}/packages/passing-package?force=true`);
  const error = "The requested resource does not exist.";
  checkRow({ status: 404, error }, await invoke(brisk(), "packaged"));
  await brisk().request("DELETE", `${ACTIONS}/renamed`);
  await putEntity(brisk(), "triggers", "renamed");
  const { status, record, result } = await invokeWhole(brisk(), "with-renamed");
  assert.deepEqual([status, result, record.logs], [502, { error: MISSING }, []]);
  assert.equal(annotationOf(record, "limits"), undefined, "no part has told its memory");
  assert.equal(record.duration, 0);
});

test("a sequence's own limits are shown, and no time is up", async () => {
  await putActions(brisk(), {
    later: "exports.main = (all) => new Promise((resolve) => setTimeout(resolve, 150, all))",
  });
  const exec = { kind: "sequence", components: ["/_/later", "/_/later"] };
  const body = { exec, limits: { timeout: 100, memory: 128, logs: 1 } };
  const { json } = await brisk().request("PUT", `${ACTIONS}/limited`, { body });
  const limits = { timeout: 100, memory: 128, logs: 1, concurrency: 1 };
  assert.deepEqual((json as Json)["limits"], limits);
  const { status, record, result } = await invokeWhole(brisk(), "limited", { n: 1 });
  assert.deepEqual([status, result], [200, { n: 1 }]);
  assert.deepEqual(annotationOf(record, "limits"), { ...limits, memory: 256 });
});

test("inner sequences share the count of what may run, also where they grew since", async () => {
  await putSequence(brisk(), "growing", ["echo"]);
  await putSequence(brisk(), "outer", ["echo", "growing", "echo"]);
  await putSequence(brisk(), "growing", times(LENGTH_MAX, "echo"));
  const { status, record, result } = await invokeWhole(brisk(), "outer", { n: 1 });
  assert.equal(status, 502);
  assert.deepEqual(result, { error: TOO_LONG });
  const [, inner] = await readParts(brisk(), record);
  assert.equal(record.logs.length, 2);
  assert.ok(inner);
  assert.equal(inner.logs.length, LENGTH_MAX - 1);
  assert.equal(annotationOf(inner, "topmost"), false);
  assert.deepEqual(inner.response, record.response);
});

test("a circle of sequences alone, which two updates at a time can close, comes to an end", async () => {
  putUnchecked(brisk(), { round: ["/guest/about"], about: ["/guest/round"] });
  const { status, record, result } = await invokeWhole(brisk(), "round");
  assert.equal(status, 502);
  assert.deepEqual(result, { error: TOO_LONG });
  assert.equal(record.logs.length, 1);
  const { status: put } = await trySequence(brisk(), "looks-at-circle", {
    components: ["round"],
  });
  assert.equal(put, 400, "and nothing may be made of it");
});

test("arguments: the payload lies over a component's own, and the sequence's are never seen", async () => {
  await putSequence(brisk(), "bound", ["big"]);
  assert.deepEqual((await invokeWhole(brisk(), "bound")).result, { p: "action" });
  const { result, record } = await invokeWhole(brisk(), "bound", { p: "payload" });
  assert.deepEqual(result, { p: "payload" });
  assert.equal((annotationOf(record, "limits") as Json)["memory"], 512, "the most of its parts");
});

test("an array goes from component to component as it is, and is answered bare", async () => {
  await putSequence(brisk(), "arrays", ["array"]);
  const bare = await invoke(brisk(), "arrays");
  assert.equal(bare.status, 200);
  assert.deepEqual(bare.json, [1, { a: 2 }]);
  await putActions(brisk(), { wrap: "exports.main = (...all) => ({ all })" });
  await putSequence(brisk(), "arrays-inside", ["array", "wrap"]);
  const { result } = await invokeWhole(brisk(), "arrays-inside");
  assert.deepEqual(result, { all: [[1, { a: 2 }]] });
});

test("a rate counts a sequence once, whatever its length", async () => {
  const tenant = await createTenant(brisk(), "one-left");
  const exec = { kind: "sequence", components: times(10, "/_/quick") };
  const { status, text } = await tenant.request("PUT", `${tenant.actions}/ten`, { exec });
  assert.equal(status, 200, text);
  await tenant.limit({ invocationsPerMinute: 1, concurrentInvocations: 1 });
  const answer = await waitFor(async () => {
    const answer = await tenant.request("POST", `${tenant.actions}/ten?blocking=true`);
    return answer.status === 429 ? undefined : answer;
  });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(((answer.json as Json)["logs"] as string[]).length, 10);
});

test("final protects the parameter that a sequence has", async () => {
  const annotations = [{ key: "final", value: true }];
  await trySequence(brisk(), "final", { components: ["echo"], annotations });
  const answer = await invoke(brisk(), "final", { body: { _actions: [] } });
  const error = "Request defines parameters that are not allowed (e.g., reserved properties).";
  checkRow({ status: 400, error }, answer);
  assert.equal((await invoke(brisk(), "final", { body: { n: 1 } })).status, 200);
});
