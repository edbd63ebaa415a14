// The decision tables of the execution-plane specification (2.2, and the checklist behind 2.9), row by row.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../drivers/port.ts";
import { classifyInit, classifyRun, type Exchange, type Outcome } from "./classify.ts";

function answered(status: number, body: string, bytes = Buffer.byteLength(body)): Answer {
  return { type: "answered", status, body, bytes };
}

function exchange(answer: Answer, over: Partial<Exchange> = {}): Exchange {
  return { answer, elapsedMs: 5, timeoutMs: 100, bytesMax: 50, truncationBytes: 50, ...over };
}

function shown(outcome: Outcome | undefined) {
  if (outcome === undefined) return undefined;
  return [outcome.statusCode, JSON.parse(outcome.result), outcome.keepContainer];
}

const RUN_PREFIX = "The action did not produce a valid JSON or JSON Array response";

for (const [name, answer, expected] of [
  ["an object", answered(200, '{"a":1}'), [0, { a: 1 }, true]],
  ["an array", answered(200, "[1]"), [0, [1], true]],
  ["an empty array", answered(200, "[]"), [0, [], true]],
  [
    "an error beside other keys",
    answered(200, '{"error":{"code":5},"x":1}'),
    [1, { error: { code: 5 } }, true],
  ],
  ["a null error", answered(200, '{"error":null}'), [1, { error: null }, true]],
  ["a failure with an error", answered(502, '{"error":"x","y":1}'), [2, { error: "x" }, false]],
  [
    "a failure without an error",
    answered(500, '{"a":1}'),
    [2, { error: `${RUN_PREFIX}: {"a":1}` }, false],
  ],
  ["a string", answered(200, '"x"'), [2, { error: `${RUN_PREFIX}: "x"` }, false]],
  ["no JSON", answered(200, "nope"), [2, { error: `${RUN_PREFIX}: nope` }, false]],
  ["nothing", answered(200, ""), [2, { error: `${RUN_PREFIX}.` }, false]],
  [
    "an end",
    { type: "ended", reason: "exited" },
    [2, { error: "The action did not produce a valid response and exited unexpectedly." }, false],
  ],
  [
    "no memory",
    { type: "ended", reason: "out-of-memory" },
    [2, { error: "The action exhausted its memory and was aborted." }, false],
  ],
  [
    "no answer in time",
    { type: "timed-out" },
    [2, { error: "The action exceeded its time limits of 100 milliseconds." }, false],
  ],
] as const) {
  test(`a run that answers ${name}`, () => {
    assert.deepEqual(shown(classifyRun(exchange(answer))), expected);
  });
}

test("a run that takes exactly its limit has timed out, though it answered", () => {
  const outcome = classifyRun(exchange(answered(200, "{}"), { elapsedMs: 100 }));
  assert.equal(outcome.statusCode, 2);
  assert.equal(outcome.timedOut, true);
});

test("a result of the limit's size is kept, one byte more is an application error with the cut text", () => {
  const body = `{"a":"${"x".repeat(42)}"}`;
  assert.equal(Buffer.byteLength(body), 50);
  assert.equal(classifyRun(exchange(answered(200, body))).statusCode, 0);
  const outcome = classifyRun(exchange(answered(200, body, 51)));
  const error = `The action produced a response that exceeded the allowed length: 51 > 50 bytes. The truncated response was: ${body}`;
  assert.deepEqual(shown(outcome), [1, { error }, true]);
  assert.equal(outcome.size, 51);
});

test("of a result that is too large as much is shown as the namespace has set, in whole characters", () => {
  const answer = answered(200, `{"a":"éé${"x".repeat(50)}"}`, 62);
  const { result } = classifyRun(exchange(answer, { truncationBytes: 9 }));
  assert.match(result, /The truncated response was: \{\\"a\\":\\"é"\}$/);
});

test("a result keeps the digits with which it was written", () => {
  assert.equal(
    classifyRun(exchange(answered(200, '{"n":12345678901234567890}'))).result,
    '{"n":12345678901234567890}',
  );
});

test("a result over several lines becomes one", () => {
  assert.equal(classifyRun(exchange(answered(200, '{\n"a":1}'))).result, '{ "a":1}');
});

for (const [name, answer, expected] of [
  ["200", answered(200, '{"OK":true}'), undefined],
  ["an error", answered(502, '{"error":{"x":1}}'), [2, { error: { x: 1 } }, false]],
  [
    "another body",
    answered(500, "[]"),
    [2, { error: "The action failed during initialization: []" }, false],
  ],
  ["no body", answered(500, ""), [2, { error: "The action failed during initialization." }, false]],
  [
    "null",
    answered(500, "null"),
    [2, { error: "The action failed during initialization." }, false],
  ],
  [
    "an end",
    { type: "ended", reason: "exited" },
    [2, { error: "The action did not initialize and exited unexpectedly." }, false],
  ],
  [
    "no memory",
    { type: "ended", reason: "out-of-memory" },
    [2, { error: "The action exhausted its memory and was aborted." }, false],
  ],
  [
    "nothing in time",
    { type: "timed-out" },
    [
      2,
      { error: "The action exceeded its time limits of 100 milliseconds during initialization." },
      false,
    ],
  ],
] as const) {
  test(`an initialisation that answers ${name}`, () => {
    assert.deepEqual(shown(classifyInit(exchange(answer))), expected);
  });
}

test("an initialisation that answered 200 late goes on", () => {
  assert.equal(classifyInit(exchange(answered(200, "{}"), { elapsedMs: 101 })), undefined);
});
