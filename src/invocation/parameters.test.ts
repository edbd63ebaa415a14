// Merging of arguments, against the plain meaning of it: later keys win.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Action, KeyValue } from "../entities/action.ts";
import type { RawJson } from "../kernel/json.ts";
import { parseKeepingDigits } from "../kernel/lossless-json.ts";
import { checkFinal, mergeArguments, mergeEvent } from "./parameters.ts";

function action(parameters: readonly KeyValue[], annotations: readonly KeyValue[] = []): Action {
  return { parameters, annotations } as unknown as Action;
}

test("what the caller sends wins over the action's parameters, key by key", () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(objects, objects, fc.constantFrom(0, 1, "\t"), (bound, sent, space) => {
      const parameters = Object.entries(bound).map(([key, value]) => ({ key, value }));
      const payload = JSON.stringify(sent, null, space) as RawJson;
      const { content } = mergeArguments(action(parameters), payload);
      assert.deepEqual(JSON.parse(content), {
        ...JSON.parse(JSON.stringify(bound)),
        ...JSON.parse(payload),
      });
    }),
  );
});

test("the caller's numbers keep their digits", () => {
  const bound = action([{ key: "a", value: 1 }]);
  const { content } = mergeArguments(bound, '{"n":12345678901234567890}' as RawJson);
  assert.equal(content, '{"a":1,"n":12345678901234567890}');
});

test("parameters keep the digits with which they were stored", () => {
  const text = '[{"key":"n","value":[12345678901234567890]}]';
  const parameters = parseKeepingDigits(text) as readonly KeyValue[];
  const { content } = mergeArguments(action(parameters), '{"a":1}' as RawJson);
  assert.equal(content, '{"n":[12345678901234567890],"a":1}');
});

test("init parameters are named, and are as they are bound whatever the caller sends", () => {
  const bound = action([
    { key: "secret", value: "s", init: true },
    { key: "plain", value: 1 },
  ]);
  assert.deepEqual(mergeArguments(bound, '{"secret":"x"}' as RawJson), {
    content: '{"plain":1,"secret":"x","secret":"s"}',
    initKeys: ["secret"],
  });
});

test("a final parameter may be sent only where it is bound to null", () => {
  const final = action(
    [
      { key: "fixed", value: 1 },
      { key: "open", value: null },
    ],
    [{ key: "final", value: true }],
  );
  checkFinal(final, '{"open":2}' as RawJson);
  assert.throws(() => checkFinal(final, '{"fixed":2}' as RawJson), {
    code: "invalid",
    message: /^Request defines parameters that are not allowed: fixed/,
  });
});

test("an array, which a sequence's part may pass on, is passed as it is", () => {
  const bound = action([{ key: "a", value: 1, init: true }]);
  const passed = { content: "[1]", initKeys: [] };
  assert.deepEqual(mergeArguments(bound, "[1]" as RawJson), passed);
});

test("an event wins over headers, which win over the trigger's parameters, key by key", () => {
  const objects = fc.dictionary(fc.oneof(fc.string(), fc.constant("__ow_headers")), fc.jsonValue());
  fc.assert(
    fc.property(objects, objects, fc.boolean(), (bound, sent, isSent) => {
      const parameters = Object.entries(bound).map(([key, value]) => ({ key, value }));
      const headers = { accept: "*/*" };
      const payload = JSON.stringify(sent) as RawJson;
      const merged = mergeEvent({ parameters }, isSent ? { headers, payload } : { headers });
      assert.deepEqual(JSON.parse(merged), {
        ...JSON.parse(JSON.stringify(bound)),
        __ow_headers: headers,
        ...(isSent ? JSON.parse(payload) : {}),
      });
    }),
  );
});
