// What sequences and compositions end with where a part does not end, or cannot be sent: the platform's
// own troubles, which no request from outside can bring about in time.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action } from "../entities/action.ts";
import type { FoundAction } from "../invocation/messages.ts";
import { failure } from "../kernel/errors.ts";
import type { ActivationId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { CompositionRun } from "./composition.ts";
import type { Composer, Ended, PartEnd, Whole, WholeRun } from "./part.ts";
import { SequenceRun } from "./sequence.ts";
import { StateRoom } from "./state-room.ts";

const PLAIN = {
  namespace: "own",
  exec: { kind: "nodejs:24" },
  annotations: [],
} as unknown as Action;
const FOUND = { document: PLAIN } as unknown as FoundAction;
const LATE = { type: "late", activationId: "late" as ActivationId } as const;
const UNSENT = { type: "unsent" } as const;

function ended(result: object): Ended {
  const response = { statusCode: 0, result: JSON.stringify(result) as RawJson } as const;
  const activationId = "ended" as ActivationId;
  return { type: "ended", activationId, response, durationMs: 5, memoryMb: 256 };
}

/** The parts that are run end as these, one after the other. */
function runWith(ends: readonly PartEnd[], find: Composer["find"] = async () => FOUND): WholeRun {
  const left = [...ends];
  const next = async () => left.shift() ?? UNSENT;
  const states = new StateRoom(5000);
  const composer = { states, find, checkRight: async () => {}, runCode: next, runNested: next };
  const user = { namespace: { name: "own" } };
  const whole = { user, action: {}, composition: PLAIN } as unknown as Whole;
  return { whole, composer, counts: { depth: 0 }, lengthMax: 50 };
}

const STEP = ended({ action: "a" });
const COMPONENTS = ["/own/a", "/own/b"];

for (const [name, ends, text, ids] of [
  [
    "a component that is not heard of",
    [ended({}), LATE],
    "Timeout reached when retrieving activation late for sequence component.",
    ["ended", "late"],
  ],
  ["a component that cannot be sent", [ended({}), UNSENT], "Sequence failed.", ["ended"]],
] as const) {
  test(`${name} ends a sequence by the platform's fault`, async () => {
    const { response, parts } = await new SequenceRun(runWith(ends), "{}" as RawJson).run(
      COMPONENTS,
    );
    assert.deepEqual(response, { statusCode: 3, result: JSON.stringify({ error: text }) });
    assert.deepEqual(parts.ids, ids);
  });
}

test("a component that cannot be looked up fails the sequence, one that is refused is missing", async () => {
  for (const [cause, statusCode, error] of [
    [failure("storage-failed", { detail: "broken" }), 3, "Sequence failed."],
    [failure("not-authorized", { resource: "x" }), 1, "Sequence component does not exist."],
  ] as const) {
    const run = runWith([], () => Promise.reject(cause));
    const { response } = await new SequenceRun(run, "{}" as RawJson).run(COMPONENTS);
    assert.deepEqual(response, { statusCode, result: JSON.stringify({ error }) });
  }
});

const TOO_LATE = "Timeout reached when retrieving activation late during composition.";
const FAILED = "Activation failure during composition.";
const FULL = "The platform is overloaded: the states of all compositions are too large together";

for (const [name, ends, text, ids] of [
  ["a conductor that is not heard of", [LATE], TOO_LATE, ["late"]],
  ["a conductor that cannot be sent", [UNSENT], FAILED, []],
  ["a step that is not heard of", [STEP, LATE], TOO_LATE, ["ended", "late"]],
  ["a step that cannot be sent", [STEP, UNSENT], FAILED, ["ended"]],
  [
    "a state for which there is no room",
    [ended({ action: "a", state: { s: "x".repeat(6000) } })],
    FULL,
    ["ended"],
  ],
] as const) {
  test(`${name} ends a composition by the platform's fault`, async () => {
    const { response, parts } = await new CompositionRun(runWith(ends), "{}" as RawJson).run();
    assert.deepEqual(response, { statusCode: 3, result: JSON.stringify({ error: text }) });
    assert.deepEqual(parts.ids, ids);
  });
}

test("a step that cannot be looked up ends a composition by the platform's fault", async () => {
  const broken = failure("storage-failed", { detail: "broken" });
  const run = runWith([STEP], () => Promise.reject(broken));
  const { response } = await new CompositionRun(run, "{}" as RawJson).run();
  assert.deepEqual(response, { statusCode: 3, result: JSON.stringify({ error: FAILED }) });
});

test("a composition whose state was dropped gives its room back", async () => {
  const state = { s: "x".repeat(4500) };
  const ends = [
    STEP,
    ended({}),
    ended({ action: "a", state }),
    ended({}),
    ended({ action: "a", state }),
  ];
  const run = runWith([...ends, ended({}), ended({ done: true })]);
  const { response } = await new CompositionRun(run, "{}" as RawJson).run();
  assert.equal(response.result, '{"done":true}');
  assert.ok(run.composer.states.take("x".repeat(5000)));
});
