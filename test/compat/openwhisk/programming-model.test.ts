// What the `openwhisk` npm client does with packages, triggers, rules, feeds and sequences.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readActivation, useBrisk, waitFor } from "../../api/fixture.ts";
import { type Answered, connect, toNames } from "./client.ts";

const brisk = useBrisk();
const ADD = "const main = ({ n = 0, by = 1 }) => ({ n: n + by });";

test("a package is created, filled, read, bound, listed and deleted", async () => {
  const { packages, actions } = connect(brisk());
  await packages.create({
    name: "math",
    package: { parameters: [{ key: "by", value: 10 }], publish: true },
  });
  await actions.create({ name: "math/add", action: ADD });
  assert.deepEqual(await actions.invoke({ name: "math/add", blocking: true, result: true }), {
    n: 10,
  });
  assert.partialDeepStrictEqual(await packages.get("math"), { actions: [{ name: "add" }] });
  const binding = { namespace: "guest", name: "math" };
  await packages.create({
    name: "bound",
    package: { binding, parameters: [{ key: "n", value: 5 }] },
  });
  const result = await actions.invoke({ name: "bound/add", blocking: true, result: true });
  assert.deepEqual(result, { n: 15 });
  assert.deepEqual(toNames(await packages.list()), ["bound", "math"]);
  await assert.rejects(packages.delete("math"), { statusCode: 409 });
  await packages.delete("bound");
  await actions.delete("math/add");
  await packages.delete("math");
});

test("a trigger fires its enabled rules", async () => {
  const { triggers, rules, actions, activations } = connect(brisk());
  await actions.create({ name: "counted", action: ADD });
  await triggers.create({
    name: "tick",
    trigger: { parameters: [{ key: "by", value: 2 }] },
  });
  await rules.create({ name: "on-tick", action: "counted", trigger: "tick" });
  const { activationId } = await triggers.invoke({ name: "tick", params: { n: 40 } });
  const record = await readActivation(brisk(), activationId);
  assert.equal(record.name, "tick");
  const [run] = await waitFor(async () => {
    const found = await activations.list({ name: "counted", docs: true });
    return found.length === 1 ? found : undefined;
  });
  assert.deepEqual(run?.response.result, { n: 42 });

  await rules.disable({ name: "on-tick" });
  assert.partialDeepStrictEqual(await rules.get("on-tick"), { status: "inactive" });
  const idle: Partial<Answered> = await triggers.invoke({ name: "tick" });
  assert.equal(idle.activationId, undefined);
  await rules.enable({ name: "on-tick" });
  assert.partialDeepStrictEqual(await rules.get("on-tick"), { status: "active" });
  assert.deepEqual(toNames(await rules.list()), ["on-tick"]);
  await rules.delete("on-tick");
  await triggers.delete("tick");
  assert.deepEqual(await triggers.list(), []);
});

test("a feed's action hears of a trigger's life", async () => {
  const { feeds, triggers, actions } = connect(brisk());
  await actions.create({
    name: "source",
    action:
      "const main = ({ lifecycleEvent, triggerName, every }) => ({ lifecycleEvent, triggerName, every });",
    annotations: { feed: true },
  });
  await triggers.create({ name: "fed" });
  const options = { name: "source", trigger: "fed", params: { every: 5 } };
  const calls = [
    ["CREATE", await feeds.create(options)],
    ["READ", await feeds.get(options)],
    ["UPDATE", await feeds.update(options)],
    ["DELETE", await feeds.delete(options)],
  ] as const;
  for (const [lifecycleEvent, record] of calls) {
    const result = { lifecycleEvent, triggerName: "/_/fed", every: 5 };
    assert.deepEqual(record.response.result, result);
  }
});

test("a sequence passes each result on", async () => {
  const { actions } = connect(brisk());
  await actions.create({ name: "plus-one", action: ADD });
  await actions.create({ name: "plus-two", sequence: ["/_/plus-one", "/_/plus-one"] });
  const record = await actions.invoke({ name: "plus-two", params: { n: 1 }, blocking: true });
  assert.deepEqual(record.response.result, { n: 3 });
  const stored = await readActivation(brisk(), record.activationId);
  assert.equal(stored.logs.length, 2);
});
