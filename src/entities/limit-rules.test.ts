import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  findOutside,
  mergeLimits,
  parseSize,
  resolveLimits,
  toPayloadBytesMax,
} from "./limit-rules.ts";
import type { NamespaceLimits, SystemLimits } from "./limits.ts";

const MB = 1024 * 1024;
const SYSTEM: SystemLimits = {
  timeoutMs: { min: 100, standard: 60_000, max: 300_000 },
  memoryMb: { min: 128, standard: 256, max: 512 },
  logsMb: { min: 0, standard: 10, max: 10 },
  concurrency: { min: 1, standard: 1, max: 500 },
  codeBytesMax: 48 * MB,
  parameterBytesMax: MB,
  payloadBytesMax: MB,
  truncationBytes: MB,
  blockingWaitMsMax: 60_000,
  sequenceLengthMax: 50,
  invocationsPerMinute: Number.POSITIVE_INFINITY,
  firesPerMinute: Number.POSITIVE_INFINITY,
  concurrentInvocations: 100,
};
const STANDARD = { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 };
const RANGES = ["timeoutMs", "memoryMb", "logsMb", "concurrency"] as const;

const bound = fc.option(fc.integer({ min: -10, max: 400_000 }), { nil: undefined });
const namespaceLimits = fc.record({
  minActionMemory: bound,
  maxActionMemory: bound,
  minActionTimeout: bound,
  maxActionTimeout: bound,
  minActionLogs: bound,
  maxActionLogs: bound,
  minActionConcurrency: bound,
  maxActionConcurrency: bound,
}) as fc.Arbitrary<NamespaceLimits>;

test("a namespace's bounds narrow the system's, never widen them, and hold the standard", () => {
  fc.assert(
    fc.property(namespaceLimits, (own) => {
      const effective = resolveLimits(SYSTEM, own);
      for (const range of RANGES) {
        const { min, standard, max } = effective[range];
        assert.ok(SYSTEM[range].min <= min && max <= SYSTEM[range].max);
        assert.ok(min <= standard && standard <= max);
      }
    }),
  );
});

test("what nobody asks for is the standard, and always allowed", () => {
  assert.deepEqual(
    mergeLimits({ given: {}, before: undefined }, resolveLimits(SYSTEM, {})),
    STANDARD,
  );
  fc.assert(
    fc.property(namespaceLimits, (own) => {
      const effective = resolveLimits(SYSTEM, own);
      const merged = mergeLimits({ given: {}, before: undefined }, effective);
      assert.equal(findOutside(merged, effective), undefined);
    }),
  );
});

test("what is given is taken or refused, by whether it is in range", () => {
  const effective = resolveLimits(SYSTEM, {});
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 700 }), (memory) => {
      const merge = () => mergeLimits({ given: { memory }, before: undefined }, effective);
      if (memory >= 128 && memory <= 512) assert.equal(merge().memory, memory);
      else assert.throws(merge, /requirement failed: memory size \d+ MB .* allowed threshold of /);
    }),
  );
});

test("limits merge one by one over what was there", () => {
  const before = { timeout: 1000, memory: 128, logs: 1, concurrency: 2, instances: 3 };
  const merged = mergeLimits({ given: { memory: 512 }, before }, resolveLimits(SYSTEM, {}));
  assert.deepEqual(merged, { ...before, memory: 512 });
});

test("an update keeps what was stored before the limits were tightened", () => {
  const effective = resolveLimits(SYSTEM, { maxActionMemory: 128 });
  const merged = mergeLimits({ given: { logs: 1 }, before: STANDARD }, effective);
  assert.deepEqual(merged, { ...STANDARD, logs: 1 });
  const error = "memory size 256 MB exceeds allowed threshold of 128 MB";
  assert.equal(findOutside(merged, effective), error);
});

test("instances are from 0 to the namespace's concurrent invocations", () => {
  const effective = resolveLimits(SYSTEM, { concurrentInvocations: 7 });
  const merge = (instances: number) =>
    mergeLimits({ given: { instances }, before: undefined }, effective).instances;
  assert.deepEqual([merge(0), merge(7)], [0, 7]);
  assert.throws(
    () => merge(-1),
    /requirement failed: Action container concurrency must be greater than or equal to 0\.$/,
  );
  assert.throws(
    () => merge(8),
    /: Max action instance concurrency must not exceed your namespace concurrency of 7\.$/,
  );
});

test("sizes are read in every unit, with a blank and without", () => {
  const rows = [
    ["1048576 B", MB],
    ["1 MB", MB],
    ["1m", MB],
    ["2KB", 2048],
    ["3 k", 3072],
    [" 1 GB ", 1024 * MB],
    ["0 B", 0],
    ["1.5 MB", undefined],
    ["MB", undefined],
    ["1 TB", undefined],
    ["-1 B", undefined],
    ["1", undefined],
  ] as const;
  for (const [text, bytes] of rows) assert.equal(parseSize(text), bytes, text);
});

test("a namespace's sizes are bounded by the system's, and ignored where they cannot be read", () => {
  const rows = [
    [undefined, MB],
    ["1 KB", 1024],
    ["2 MB", MB],
    ["much", MB],
  ] as const;
  for (const [size, bytes] of rows) {
    const own = size === undefined ? {} : { maxPayloadSize: size, maxParameterSize: size };
    assert.equal(toPayloadBytesMax(SYSTEM, own), bytes);
    assert.equal(resolveLimits(SYSTEM, own).parameterBytesMax, bytes);
  }
});
