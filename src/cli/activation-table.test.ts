import assert from "node:assert/strict";
import { test } from "node:test";
import { formatActivations } from "./activation-table.ts";

const ENTRY = {
  namespace: "guest",
  name: "hello",
  version: "0.0.1",
  activationId: "0123456789abcdef0123456789abcdef",
  start: 1_700_000_000_000,
  end: 1_700_000_000_123,
  duration: 123,
  statusCode: 0,
  annotations: [{ key: "kind", value: "nodejs:24" }],
};

function toRow(changes: Readonly<Record<string, unknown>>): string {
  return formatActivations([{ ...ENTRY, ...changes }])?.split("\n")[1] ?? "";
}

test("durations are written as Go writes them", () => {
  const shown = (ms: number) => / (\S+) +success/.exec(toRow({ end: ENTRY.start + ms }))?.[1];
  assert.deepEqual([7, 1500, 60_000, 123_500, 3_600_000].map(shown), [
    "7ms",
    "1.5s",
    "1m0s",
    "2m3.5s",
    "1h0m0s",
  ]);
  assert.match(toRow({ duration: 0 }), / 0s /);
});

test("an activation that was initialized is cold, its status is worded", () => {
  assert.match(toRow({}), / nodejs:24 warm /);
  const annotations = [{ key: "initTime", value: 3 }];
  assert.match(toRow({ annotations, statusCode: 2 }), / unknown +cold +123ms +developer error /);
});

test("long names are shortened in the middle", () => {
  const row = toRow({ name: `a${"b".repeat(40)}c` });
  assert.match(row, /guest\/ab{13}\.\.\.b{12}c:0\.0\.1$/);
});

test("there is no table of nothing", () => {
  assert.equal(formatActivations([]), undefined);
});
