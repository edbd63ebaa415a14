// Sequences and compositions in packages and through bindings, of others too (web-and-composition
// specification, 2.6: S6, S17, S18, S20, S21; 3.7: C19, C20).

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ECHO,
  type Invoked,
  invokeWhole,
  putSequence,
  readParts,
  times,
  trySequence,
} from "./composed.ts";
import {
  ACTIVATIONS,
  type ActivationRecord,
  annotationOf,
  checkRow,
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

const CYCLIC = "Sequence may not refer to itself.";
const CONDUCTOR = { conductor: true };
/** Takes one step, and shows what it was given itself. */
const CONDUCT = `exports.main = ({ error, step, result, own, ...rest }) =>
  error !== undefined ? { error } : step === undefined ? { params: { result, own } }
    : { action: step, params: rest }`;

let guest: Owner;
let other: Owner;
const brisk = useBrisk({
  setUp: async (up) => {
    guest = guestOf(up);
    other = await createOwner(up, "other");
    await putCode(guest, "echo", { code: ECHO });
    await putPackage(guest, "p", { parameters: { p: "package" } });
    await putCode(guest, "p/echo", { code: ECHO });
    await putCode(guest, "p/own", { code: ECHO, parameters: { p: "action" } });
    await bind(guest, "b", { provider: "_/p", parameters: { q: "binding" } });
    await putPackage(other, "tools", { publish: true, parameters: { own: "provider" } });
    await putPackage(other, "hidden");
    for (const owner of [guest, other]) {
      const code = `exports.main = () => ({ result: "${owner.namespace}'s" })`;
      await putCode(owner, "step", { code });
    }
    for (const name of ["tools/run", "hidden/run"]) await putCode(other, name, { code: ECHO });
    await putCode(other, "tools/conduct", { code: CONDUCT, annotations: CONDUCTOR });
    await bind(guest, "bound", { provider: "other/tools", parameters: { own: "binding" } });
  },
});

/** What another has, as the guest. */
function invokeShared(name: string, body: Json = {}) {
  const path = `/api/v1/namespaces/other/actions/${name}?blocking=true`;
  return brisk().request("POST", path, { body });
}

async function invokeSharedWhole(name: string, body?: Json): Promise<Invoked> {
  const { status, json, text } = await invokeShared(name, body);
  const { activationId } = json as ActivationRecord;
  assert.ok(activationId, text);
  const record = await readActivation(brisk(), activationId);
  return { status, record, result: record.response.result };
}

async function countOf(name: string): Promise<number> {
  return ((await brisk().request("GET", `${ACTIVATIONS}?name=${name}`)).json as Json[]).length;
}

const ARGUMENTS: readonly (readonly [component: string, body: Json, result: Json])[] = [
  ["p/echo", {}, { p: "package" }],
  ["p/own", {}, { p: "action" }],
  ["p/own", { p: "payload" }, { p: "payload" }],
  ["b/echo", {}, { p: "package", q: "binding" }],
  ["b/own", { q: "payload" }, { p: "action", q: "payload" }],
];

test("a component inherits from its package and binding, under its own and what comes in", async () => {
  for (const [component, body, result] of ARGUMENTS) {
    await putSequence(brisk(), "inheriting", [component]);
    assert.deepEqual((await invokeWhole(brisk(), "inheriting", body)).result, result);
    await putSequence(brisk(), "inheriting", ["echo", component]);
    assert.deepEqual((await invokeWhole(brisk(), "inheriting", body)).result, result);
  }
});

test("the parameters of a sequence's package and binding are seen by no component", async () => {
  await putSequence(brisk(), "p/blind", ["echo"]);
  for (const name of ["p/blind", "b/blind"]) {
    assert.deepEqual((await invokeWhole(brisk(), name, { n: 1 })).result, { n: 1 });
  }
});

test("a binding is told with the sequence and with the component that came through it", async () => {
  await putSequence(brisk(), "p/through", ["b/echo", "p/echo"]);
  const { record } = await invokeWhole(brisk(), "b/through");
  assert.equal(annotationOf(record, "topmost"), true);
  assert.equal(annotationOf(record, "binding"), "guest/b");
  assert.equal(annotationOf(record, "path"), "guest/p/through");
  const parts = await readParts(brisk(), record);
  const shown = parts.map((part) => [annotationOf(part, "path"), annotationOf(part, "binding")]);
  assert.deepEqual(shown, [
    ["guest/p/echo", "guest/b"],
    ["guest/p/echo", undefined],
  ]);
  assert.deepEqual([await countOf("b/through"), await countOf("p/through")], [1, 0]);
});

test("a sequence may not name itself through a binding, be it new or there", async () => {
  await putSequence(brisk(), "p/round", ["echo"]);
  await putSequence(brisk(), "around", ["echo", "b/round"]);
  for (const [name, component] of [
    ["p/round", "b/round"],
    ["p/round", "around"],
    ["p/fresh", "b/fresh"],
  ] as const) {
    const refused = await trySequence(brisk(), name, { components: ["echo", component] });
    checkRow({ status: 400, error: CYCLIC }, refused);
  }
  const missing = await trySequence(brisk(), "p/fresh", { components: ["b/other"] });
  checkRow({ status: 400, error: "Sequence component does not exist." }, missing);
});

test("inner sequences count as what they are made of through a binding too", async () => {
  await putSequence(brisk(), "p/half", times(25, "echo"));
  const half = await trySequence(brisk(), "counted", { components: ["b/half", "p/half"] });
  assert.equal(half.status, 200, half.text);
  const more = await trySequence(brisk(), "counted", { components: ["b/half", "b/half", "echo"] });
  checkRow({ status: 400, error: "Too many actions in the sequence." }, more);
});

test("another's shared sequence runs for whoever may run its components, as theirs", async () => {
  const make = (name: string, components: readonly string[]) =>
    put(other, `actions/tools/${name}`, { exec: { kind: "sequence", components } });
  await make("open", ["/_/tools/run", "/_/tools/run"]);
  await make("closed", ["/_/tools/run", "/_/step"]);
  await make("hidden", ["/_/tools/run", "/_/hidden/run"]);
  for (const [name, components] of [
    ["closed", "other/step"],
    ["hidden", "other/hidden"],
  ] as const) {
    checkRow({ status: 403, error: refusal(components) }, await invokeShared(`tools/${name}`));
    const path = `/api/v1/namespaces/other/actions/tools/${name}?blocking=true`;
    assert.equal((await other.request("POST", path)).status, 200, "but for its owner");
  }
  const { status, record, result } = await invokeSharedWhole("tools/open", { n: 1 });
  assert.equal(status, 200);
  assert.deepEqual(result, { n: 1, own: "provider" });
  assert.deepEqual([record.namespace, record.subject], ["guest", "guest"]);
  assert.equal(annotationOf(record, "path"), "other/tools/open");
  for (const part of await readParts(brisk(), record)) assert.equal(part.namespace, "guest");
});

test("what a shared sequence has inside another one is nobody's to have but its owner's", async () => {
  const make = (name: string, components: readonly string[]) =>
    put(other, `actions/tools/${name}`, { exec: { kind: "sequence", components } });
  await bind(other, "own-bound", { provider: "_/hidden", parameters: { bound: true } });
  await make("inner", ["/_/step", "/_/hidden/run", "/_/own-bound/run"]);
  await make("outer", ["/_/tools/run", "/_/tools/inner"]);
  const { status, record, result } = await invokeSharedWhole("tools/outer");
  assert.deepEqual([status, result], [200, { result: "other's", bound: true }]);
  const [, inner] = await readParts(brisk(), record);
  assert.ok(inner);
  const parts = await readParts(brisk(), inner);
  const shown = parts.map((part) => [part.namespace, part.subject, annotationOf(part, "path")]);
  assert.deepEqual(shown, [
    ["guest", "guest", "other/step"],
    ["guest", "guest", "other/hidden/run"],
    ["guest", "guest", "other/hidden/run"],
  ]);
  // What its owner may not have any more is nobody's either.
  const third = await createOwner(brisk(), "third");
  await putPackage(third, "lent", { publish: true });
  await putCode(third, "lent/run", { code: ECHO });
  await make("inner", ["/third/lent/run"]);
  assert.equal((await invokeSharedWhole("tools/outer")).status, 200);
  await share(third, "lent", false);
  const refused = await invokeSharedWhole("tools/outer");
  const error = "Sequence component does not exist.";
  assert.deepEqual([refused.status, refused.result], [502, { error }]);
});

test("a component that is not shared any more is refused by the name under which it is known", async () => {
  await putPackage(other, "closing", { publish: true });
  await putCode(other, "closing/run", { code: ECHO });
  await bind(guest, "closed", { provider: "other/closing" });
  await putSequence(brisk(), "direct", ["/other/closing/run"]);
  await putSequence(brisk(), "bound-to", ["closed/run"]);
  for (const name of ["direct", "bound-to"]) {
    assert.equal((await invokeWhole(brisk(), name)).status, 200);
  }
  await share(other, "closing", false);
  const run = (name: string) => guest.request("POST", `/api/v1/namespaces/_/actions/${name}`);
  checkRow({ status: 403, error: refusal("other/closing") }, await run("direct"));
  checkRow({ status: 403, error: refusal("guest/closed") }, await run("bound-to"));
  const late = await trySequence(brisk(), "late", { components: ["closed/run", "closed/run"] });
  checkRow({ status: 403, error: refusal("guest/closed") }, late);
});

test("a component that is too large to be sent is the platform's failure, answered with its record", async () => {
  const half = "x".repeat(600_000);
  await putCode(guest, "large", { code: ECHO, parameters: { a: half } });
  await putSequence(brisk(), "too-large", ["echo", "large"]);
  const { status, record, result } = await invokeWhole(brisk(), "too-large", { b: half });
  assert.equal(status, 500);
  assert.equal(record.response.status, "whisk internal error");
  assert.deepEqual(result, { error: "Sequence failed." });
  assert.equal(record.logs.length, 1);
});

test("what another's conductor names shortly is the invoker's, and so are all records", async () => {
  const { status, record, result } = await invokeSharedWhole("tools/conduct", { step: "step" });
  assert.equal(status, 200);
  assert.deepEqual(result, { result: "guest's", own: "provider" });
  assert.equal(annotationOf(record, "conductor"), true);
  const parts = await readParts(brisk(), record);
  assert.deepEqual(
    [record, ...parts].map((each) => [each.namespace, annotationOf(each, "path")]),
    [
      ["guest", "other/tools/conduct"],
      ["guest", "other/tools/conduct"],
      ["guest", "guest/step"],
      ["guest", "other/tools/conduct"],
    ],
  );
});

const STEPS: readonly (readonly [step: string, answer: string])[] = [
  ["missing", "Failed to resolve action with name 'guest/missing' during composition."],
  ["tools/run", entitlement("guest/tools/run")],
  ["/other/step", entitlement("other/step")],
  ["/other/hidden/run", entitlement("other/hidden/run")],
  [
    "/other/tools/missing",
    "Failed to resolve action with name 'other/tools/missing' during composition.",
  ],
  ["bound/missing", "Failed to resolve action with name 'guest/bound/missing' during composition."],
];
for (const [step, error] of STEPS) {
  test(`another's conductor hears of what the invoker has not: ${step}`, async () => {
    const { status, record, result } = await invokeSharedWhole("tools/conduct", { step });
    assert.deepEqual([status, result], [502, { error }]);
    assert.equal(record.logs.length, 2);
  });
}

function entitlement(name: string): string {
  return `Failed entitlement check for action with name '${name}' during composition.`;
}

test("a conductor may name what is shared or bound, with what that inherits", async () => {
  for (const [step, binding] of [
    ["/other/tools/run", undefined],
    ["bound/run", "guest/bound"],
  ] as const) {
    const { record } = await invokeSharedWhole("tools/conduct", { step });
    const [, part] = await readParts(brisk(), record);
    assert.ok(part);
    assert.equal(annotationOf(part, "path"), "other/tools/run");
    assert.equal(annotationOf(part, "binding"), binding);
    const own = binding === undefined ? "provider" : "binding";
    assert.deepEqual(part.response.result, { own });
  }
});

test("a binding is told with the composition and every run of its conductor, which inherit from it", async () => {
  const { status, record, result } = await invokeWhole(brisk(), "bound/conduct", { step: "step" });
  assert.equal(status, 200);
  assert.deepEqual(result, { result: "guest's", own: "binding" });
  const parts = await readParts(brisk(), record);
  assert.deepEqual(
    [record, ...parts].map((each) => annotationOf(each, "binding")),
    ["guest/bound", "guest/bound", undefined, "guest/bound"],
  );
  // The composition and its two runs: all are called so.
  assert.deepEqual([await countOf("bound/conduct"), await countOf("conduct")], [3, 0]);
});
