// Measures what one tenant's flood costs another's warm invocations: their 99th percentile beside it,
// against the same just before and just after.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { useBrisk } from "../api/fixture.ts";
import { createTenant, type Tenant } from "../api/tenants.ts";
import type { Brisk } from "../harness.ts";

/** The design's promise. */
const FACTOR_MAX = 2;
/**
 * What two cores may add to a single one of a hundred, of which the test and the flood's own client take
 * their part: a few turns of the scheduler, one for each process that an invocation goes through.
 */
const NOISE_MS = 15;
/** Fewer have no 99th percentile. */
const SAMPLES_MIN = 100;
const ALONE_MS = 700;
const ATTEMPTS = 3;

export interface Flood {
  /** Begins it, and resolves with what tells whether it still goes on. */
  start(brisk: Brisk): Promise<() => boolean>;
}

/** One test a flood, all beside one platform. */
export function testFloods(floods: Readonly<Record<string, Flood>>): void {
  describe("another tenant's p99 stays within its budget beside", () => {
    const brisk = useBrisk({ args: ["--driver", "sandbox"] });
    let tenant: Tenant;
    before(async () => {
      tenant = await createTenant(brisk(), "neighbour");
    });

    for (const [name, flood] of Object.entries(floods)) {
      test(name, async (context) => {
        context.diagnostic(await compare(brisk(), tenant, flood));
      });
    }
  });
}

/**
 * Fails where the flood costs too much each time: what else the machine does can only add to it, and
 * not always. @returns the figures, for people
 */
async function compare(brisk: Brisk, tenant: Tenant, flood: Flood): Promise<string> {
  const seen: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { alone, beside, samples } = await measureBoth(brisk, tenant, flood);
    seen.push(`p99 ${beside.toFixed(1)} ms beside it, ${alone.toFixed(1)} ms alone`);
    const isEnough = samples >= SAMPLES_MIN;
    if (isEnough && beside <= FACTOR_MAX * alone + NOISE_MS) return seen.join("; ");
  }
  return assert.fail(seen.join("; "));
}

async function measureBoth(brisk: Brisk, tenant: Tenant, flood: Flood) {
  const before = await measure(tenant, forSoLong(ALONE_MS));
  const beside = await measure(tenant, await flood.start(brisk));
  const after = await measure(tenant, forSoLong(ALONE_MS));
  const alone = Math.max(toP99(before), toP99(after));
  return { alone, beside: toP99(beside), samples: beside.length };
}

function forSoLong(ms: number): () => boolean {
  const until = performance.now() + ms;
  return () => performance.now() < until;
}

/** Milliseconds of invocations one after the other. */
async function measure(tenant: Tenant, goesOn: () => boolean): Promise<number[]> {
  const path = `${tenant.actions}/quick?blocking=true`;
  const taken: number[] = [];
  while (goesOn()) {
    const from = performance.now();
    const { status, text } = await tenant.request("POST", path, {});
    taken.push(performance.now() - from);
    assert.equal(status, 200, text);
  }
  return taken;
}

function toP99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(0.99 * sorted.length) - 1] ?? Number.POSITIVE_INFINITY;
}
