// `Idempotency-Key` on invocations: what may be repeated, what is refused, and that it runs once.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIONS,
  ACTIVATIONS,
  annotationOf,
  checkError,
  type Json,
  OWN,
  putAction,
  readActivation,
  testRows,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import { basic, createTenant, EXEC } from "./tenants.ts";

const brisk = useBrisk({
  setUp: async (up) => {
    await up.request("PUT", `${OWN}/packages/keyed`, { body: {} });
    for (const name of ["echo", "keyed/echo"]) {
      await putAction(up, { name, code: "exports.main = (given) => given" });
    }
  },
});

const ECHO = `${ACTIONS}/echo`;

function send(key: string, { path = ECHO, body = {} as unknown } = {}) {
  return brisk().request("POST", path, { body, headers: { "idempotency-key": key } });
}

async function countRuns(name = "echo"): Promise<number> {
  const { json } = await brisk().request("GET", `${ACTIVATIONS}?name=${name}&count=true`);
  return (json as { activations: number }).activations;
}

const WRONG = /^The Idempotency-Key must be 1 to 255 visible ASCII characters/;

testRows(brisk, [
  ...[
    ["an empty key", ""],
    ["a key with a blank", "a b"],
    ["a key of 256 characters", "k".repeat(256)],
    ["a key beyond ASCII", "clé"],
  ].map(([what = "", key = ""]) => ({
    name: `${what} is refused`,
    method: "POST",
    path: ECHO,
    headers: { "idempotency-key": key },
    status: 400,
    error: WRONG,
  })),
  {
    name: "a key of 255 characters is taken",
    method: "POST",
    path: ECHO,
    headers: { "idempotency-key": "k".repeat(255) },
    status: 202,
  },
  {
    name: "an invocation that is waited for takes no key",
    method: "POST",
    path: `${ECHO}?blocking=true`,
    headers: { "idempotency-key": "waited" },
    status: 400,
    error:
      /^An Idempotency-Key is for invocations that are not waited for: leave out blocking=true/,
  },
  {
    name: "an action that is not there keeps no key",
    method: "POST",
    path: `${ACTIONS}/later`,
    headers: { "idempotency-key": "early" },
    status: 404,
    error: "The requested resource does not exist.",
  },
]);

test("a request that is repeated is answered the same and runs once", async () => {
  const first = await send("once", { body: { n: 1 } });
  assert.equal(first.status, 202, first.text);
  const { activationId } = first.json as Json;
  await readActivation(brisk(), activationId);
  const before = await countRuns();
  for (let count = 0; count < 3; count++) {
    const again = await send("once", { body: { n: 1 } });
    assert.equal(again.status, 202);
    assert.deepEqual(again.json, first.json);
    assert.equal(again.headers["x-openwhisk-activation-id"], activationId);
  }
  const other = await send("twice", { body: { n: 1 } });
  assert.notDeepEqual(other.json, first.json);
  await readActivation(brisk(), (other.json as Json)["activationId"]);
  assert.equal(await countRuns(), before + 1);
});

test("many at a time are one", async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => send("crowd")));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
});

test("the namespace may be written as its name, and the query in any order", async () => {
  const first = await send("spelling", { path: `${ECHO}?a=1&b=2` });
  const named = ECHO.replace("/_/", "/guest/");
  assert.deepEqual((await send("spelling", { path: `${named}?b=2&a=1` })).json, first.json);
});

test("a key is refused for another body, query or action", async () => {
  await putAction(brisk(), { name: "other", code: "exports.main = (given) => given" });
  await send("used", { body: { n: 1 } });
  for (const other of [
    { body: { n: 2 } },
    { body: { n: 1 }, path: `${ECHO}?result=true` },
    { body: { n: 1 }, path: `${ACTIONS}/other` },
  ]) {
    const answer = await send("used", other);
    assert.equal(answer.status, 422, answer.text);
    checkError(
      answer,
      /^The Idempotency-Key 'used' was used for another request within the last 24/,
    );
  }
});

test("a firing that is repeated is one, and a key stands for nothing while nothing fires", async () => {
  const trigger = `${OWN}/triggers/echo-trigger`;
  const fire = (key: string, body: Json = { n: 1 }) => send(key, { path: trigger, body });
  await brisk().request("PUT", trigger, { body: {} });
  assert.equal((await fire("bell")).status, 204);
  const links = { trigger: "/_/echo-trigger", action: "/_/echo" };
  await brisk().request("PUT", `${OWN}/rules/echo-rule`, { body: links });
  const first = await fire("bell");
  assert.equal(first.status, 202, first.text);
  const again = await fire("bell");
  assert.deepEqual([again.status, again.json], [202, first.json]);
  assert.equal(again.headers["x-openwhisk-activation-id"], (first.json as Json)["activationId"]);
  assert.equal(await countRuns("echo-trigger"), 1);
  for (const answer of [
    await fire("bell", { n: 2 }),
    await send("bell", { body: { n: 1 } }),
    await send("bell", { path: `${ACTIONS}/keyed/echo`, body: { n: 1 } }),
  ]) {
    assert.equal(answer.status, 422, answer.text);
    checkError(answer, /^The Idempotency-Key 'bell' was used for another request/);
  }
});

test("what was refused may be tried again with its key", async () => {
  assert.equal((await send("retried", { path: `${ACTIONS}/late` })).status, 404);
  await putAction(brisk(), { name: "late", code: "exports.main = () => ({})" });
  assert.equal((await send("retried", { path: `${ACTIONS}/late` })).status, 202);
});

test("a repetition is answered though the action is gone", async () => {
  await putAction(brisk(), { name: "gone", code: "exports.main = () => ({})" });
  const first = await send("gone", { path: `${ACTIONS}/gone` });
  await readActivation(brisk(), (first.json as Json)["activationId"]);
  assert.equal((await brisk().request("DELETE", `${ACTIONS}/gone`)).status, 200);
  assert.deepEqual((await send("gone", { path: `${ACTIONS}/gone` })).json, first.json);
});

test("namespaces do not see each other's keys", async () => {
  const { subject, actions } = await createTenant(brisk(), "keyholder");
  const [own] = subject.namespaces;
  const first = await send("shared");
  const other = await brisk().request("POST", `${actions}/quick`, {
    headers: { ...basic(`${own?.uuid}:${own?.key}`), "idempotency-key": "shared" },
  });
  assert.equal(other.status, 202, other.text);
  assert.notDeepEqual(other.json, first.json);
});

test("a key belongs to who calls, also where the action is another's", async () => {
  const { request, actions } = await createTenant(brisk(), "sharer");
  await request("PUT", "/api/v1/namespaces/sharer/packages/tools", { publish: true });
  await request("PUT", `${actions}/tools/run`, { exec: EXEC });
  const callers = [await createTenant(brisk(), "squatter"), await createTenant(brisk(), "victim")];
  for (const { subject } of callers) {
    const [own] = subject.namespaces;
    const headers = { ...basic(`${own?.uuid}:${own?.key}`), "idempotency-key": "same" };
    const path = `${actions}/tools/run`;
    const { status, json, text } = await brisk().request("POST", path, { headers });
    assert.equal(status, 202, text);
    const { activationId } = json as Json;
    await waitFor(async () => {
      const record = `/api/v1/namespaces/_/activations/${activationId}`;
      const found = await brisk().request("GET", record, { headers });
      return found.status === 200 || undefined;
    });
  }
});

test("the record is as any other, and names no key", async () => {
  const { json } = await send("secret-key", { body: { n: 1 } });
  const record = await readActivation(brisk(), (json as Json)["activationId"]);
  assert.deepEqual(record.response.result, { n: 1 });
  assert.equal(annotationOf(record, "path"), "guest/echo");
  assert.ok(!JSON.stringify(record).includes("secret-key"));
});
