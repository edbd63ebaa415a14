// What the `openwhisk` npm client does with actions and their activations.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readActivation, useBrisk } from "../../api/fixture.ts";
import { connect, toNames } from "./client.ts";

const brisk = useBrisk();
const ECHO = "const main = (args) => { console.log('seen'); return { args }; };";

test("an action is created, read, listed, updated and deleted", async () => {
  const { actions } = connect(brisk());
  const created = await actions.create({
    name: "whole",
    action: ECHO,
    params: { a: 1 },
    annotations: { note: "n" },
    limits: { timeout: 5000 },
  });
  assert.partialDeepStrictEqual(created, {
    version: "0.0.1",
    parameters: [{ key: "a", value: 1 }],
  });
  const read = await actions.get("whole");
  assert.partialDeepStrictEqual(read, { exec: { code: ECHO }, limits: { timeout: 5000 } });
  assert.ok(toNames(await actions.list({ limit: 200 })).includes("whole"));
  const updated = await actions.update({
    name: "whole",
    action: "const main = () => ({ two: 2 });",
  });
  assert.partialDeepStrictEqual(updated, { version: "0.0.2" });
  await actions.delete("whole");
  await assert.rejects(actions.get("whole"), { statusCode: 404 });
});

test("an action is created once", async () => {
  const { actions } = connect(brisk());
  await actions.create({ name: "once", action: ECHO });
  await assert.rejects(actions.create({ name: "once", action: ECHO }), {
    statusCode: 409,
    message: /resource already exists/,
  });
});

test("bytes are created as an archive would be", async () => {
  const { actions } = connect(brisk());
  const created = await actions.create({ name: "bytes", action: Buffer.from("PK") });
  assert.partialDeepStrictEqual(created, {
    exec: { code: Buffer.from("PK").toString("base64") },
  });
});

test("invoked, an action's id comes; waited for, its record; its result where it is asked for", async () => {
  const { actions, activations } = connect(brisk());
  await actions.create({ name: "echo", action: ECHO, params: { bound: true } });
  const accepted = await actions.invoke({ name: "echo", params: { n: 1 } });
  assert.match(accepted.activationId, /^[0-9a-f]{32}$/);
  const record = await actions.invoke({ name: "echo", params: { n: 1 }, blocking: true });
  assert.deepEqual(record.response.result, { args: { bound: true, n: 1 } });
  const result = await actions.invoke({ name: "echo", blocking: true, result: true });
  assert.deepEqual(result, { args: { bound: true } });

  const { activationId } = record;
  await readActivation(brisk(), activationId);
  const stored = await activations.get({ name: activationId });
  assert.deepEqual(stored.response.result, record.response.result);
  const logs = await activations.logs({ name: activationId });
  assert.match(JSON.stringify(logs), /stdout: seen"/);
  const again = await activations.result({ name: activationId });
  assert.partialDeepStrictEqual(again, { result: record.response.result });
  const listed = await activations.list({ name: "echo", limit: 1, docs: true });
  assert.equal(listed.length, 1);
});

test("an action's error is the client's, with the record", async () => {
  const { actions } = connect(brisk());
  await actions.create({ name: "fails", action: "const main = () => ({ error: 'no luck' });" });
  await assert.rejects(actions.invoke({ name: "fails", blocking: true }), {
    statusCode: 502,
    message: /no luck/,
  });
});

test("the key's namespace is listed", async () => {
  assert.deepEqual(await connect(brisk()).namespaces.list(), ["guest"]);
});

test("a wrong key is refused", async () => {
  const { actions } = connect({ url: brisk().url, auth: "a:b" });
  await assert.rejects(actions.list(), { statusCode: 401, message: /authentication is invalid/ });
});
