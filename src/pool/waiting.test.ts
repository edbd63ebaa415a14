// The line of waiting jobs, against a plain list.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Need } from "./state.ts";
import { WaitingJobs } from "./waiting.ts";

function toNeed(namespace: string, key: string): Need {
  return { namespace, key: `${namespace} ${key}`, kind: "k", memoryMb: 1, concurrency: 1 };
}

test("within a key jobs leave in the order in which they came, whatever happens to others", () => {
  const step = fc.record({
    namespace: fc.constantFrom("a", "b"),
    key: fc.constantFrom("x", "y", "z"),
    take: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const waiting = new WaitingJobs<number>();
      const model = new Map<string, number[]>();
      for (const [now, { namespace, key, take }] of steps.entries()) {
        const need = toNeed(namespace, key);
        const line = model.get(need.key) ?? [];
        model.set(need.key, line);
        if (take) {
          assert.equal(waiting.take(need), line.shift());
        } else {
          waiting.push(need, { job: now, now });
          line.push(now);
        }
        assert.equal(waiting.has(need), line.length > 0);
        assert.equal(waiting.headSince(need), line[0]);
      }
      const left = [...model.values()].flat().sort((a, b) => a - b);
      assert.equal(waiting.size, left.length);
      assert.deepEqual(
        [...waiting.clear()].sort((a, b) => a - b),
        left,
      );
      assert.deepEqual(waiting.namespaces, []);
    }),
  );
});

test("a namespace's lines are told longest waiting first", () => {
  const waiting = new WaitingJobs<string>();
  waiting.push(toNeed("a", "late"), { job: "1", now: 2 });
  waiting.push(toNeed("a", "early"), { job: "2", now: 1 });
  assert.deepEqual(
    waiting.lines("a").map(({ since }) => since),
    [1, 2],
  );
  assert.equal(waiting.oldestSince("a"), 1);
  assert.equal(waiting.oldestSince("b"), undefined);
});
