import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NamespaceLimits } from "../entities/limits.ts";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { Throttles } from "./throttles.ts";

const MINUTE_MS = 60_000;

function identity(uuid: string, limits: NamespaceLimits = {}): Identity {
  return { subject: uuid, namespace: { name: uuid as EntityName, uuid }, apiKey: "", limits };
}

class World {
  now = 0;
  inFlight = 0;
  readonly throttles: Throttles;

  constructor(limits: { invocationsPerMinute?: number; concurrentInvocations?: number } = {}) {
    this.throttles = new Throttles({
      limits: {
        invocationsPerMinute: Number.POSITIVE_INFINITY,
        firesPerMinute: Number.POSITIVE_INFINITY,
        concurrentInvocations: 1_000_000,
        ...limits,
      },
      inFlight: () => this.inFlight,
      clock: () => this.now,
    });
  }

  /** The text of the refusal, if there is one. */
  admit(who: Identity): string | undefined {
    try {
      this.throttles.admit(who);
      return undefined;
    } catch (cause) {
      return (cause as Error).message;
    }
  }
}

test("in every clock minute just so many are admitted, and every request counts", () => {
  const allowed = fc.integer({ min: 0, max: 20 });
  const steps = fc.array(fc.integer({ min: 0, max: MINUTE_MS / 4 }), { maxLength: 100 });
  fc.assert(
    fc.property(allowed, steps, (invocationsPerMinute, waits) => {
      const world = new World({ invocationsPerMinute });
      const counts = new Map<number, number>();
      for (const wait of waits) {
        world.now += wait;
        const minute = Math.floor(world.now / MINUTE_MS);
        const count = (counts.get(minute) ?? 0) + 1;
        counts.set(minute, count);
        const expected =
          count <= invocationsPerMinute
            ? undefined
            : `Too many requests in the last minute (count: ${count}, allowed: ${invocationsPerMinute}).`;
        assert.equal(world.admit(identity("a")), expected);
      }
    }),
  );
});

test("namespaces are counted apart, and their own limit wins over the system's", () => {
  const world = new World({ invocationsPerMinute: 1 });
  const generous = identity("generous", { invocationsPerMinute: 2 });
  assert.equal(world.admit(identity("a")), undefined);
  assert.equal(world.admit(identity("b")), undefined);
  assert.equal(world.admit(generous), undefined);
  assert.equal(world.admit(generous), undefined);
  assert.match(world.admit(generous) ?? "", /count: 3, allowed: 2/);
  assert.match(world.admit(identity("a")) ?? "", /count: 2, allowed: 1/);
});

test("fires have a rate of their own", () => {
  const world = new World();
  const who = identity("a", { invocationsPerMinute: 1, firesPerMinute: 1 });
  world.throttles.admitFire(who);
  assert.equal(world.admit(who), undefined);
  assert.throws(() => world.throttles.admitFire(who), {
    code: "too-many-per-minute",
    message: /count: 2, allowed: 1/,
  });
  world.now = MINUTE_MS;
  world.throttles.admitFire(who);
});

test("what is in flight must be below the limit", () => {
  const world = new World({ concurrentInvocations: 2 });
  for (const [inFlight, isAdmitted] of [
    [0, true],
    [1, true],
    [2, false],
    [5, false],
  ] as const) {
    world.inFlight = inFlight;
    const text = `Too many concurrent requests in flight (count: ${inFlight + 1}, allowed: 2).`;
    assert.equal(world.admit(identity("a")), isAdmitted ? undefined : text);
  }
});

test("the rate is looked at before the concurrency, and 0 of either refuses everything", () => {
  const world = new World();
  const none = { invocationsPerMinute: 0, concurrentInvocations: 0 };
  assert.match(
    world.admit(identity("a", none)) ?? "",
    /in the last minute \(count: 1, allowed: 0\)/,
  );
  const idle = { concurrentInvocations: 0 };
  assert.match(world.admit(identity("b", idle)) ?? "", /in flight \(count: 1, allowed: 0\)/);
});
