// What the pool does where its driver has bad weather: nobody waits for what will not come, and its books
// stay right.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import type { Container, ContainerDriver } from "../drivers/port.ts";
import { systemClock } from "../kernel/clock.ts";
import { ContainerPool, type Job, type Lease } from "./pool.ts";

const KIND = "nodejs:24";
const MEMORY_MB = 256;

type Create = PromiseWithResolvers<Container>;

/** Makes containers when it is told to. */
class DriverUnderTest implements ContainerDriver {
  readonly isolation = "none";
  readonly notices: readonly string[] = [];
  readonly networkTrouble = undefined;
  readonly canPause = false;
  readonly asked: Create[] = [];

  create(): Promise<Container> {
    const asked = Promise.withResolvers<Container>();
    this.asked.push(asked);
    return asked.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** One that nothing is run in. */
function createContainer(ended: Promise<void> = new Promise(() => {})): Container {
  const never = () => assert.fail("nothing is run in it");
  const destroy = async () => {};
  const unused = { init: never, run: never, pause: never, retire: never };
  return { id: "c", ...unused, takesAhead: false, ended, destroy };
}

function openPool(driver: ContainerDriver, { stemCells = 0, startsMax = 1 } = {}): ContainerPool {
  const cell = { kind: KIND, initialCount: stemCells, memoryMb: MEMORY_MB };
  return new ContainerPool({
    driver,
    memoryMb: 4 * MEMORY_MB,
    startsMax,
    idleTimeoutMs: 60_000,
    network: false,
    stemCells: [cell],
    clock: systemClock,
    log: pino({ enabled: false }),
  });
}

interface Submitted {
  lease?: Lease;
  cause?: unknown;
}

function submit(pool: ContainerPool, key: string): Submitted {
  const submitted: Submitted = {};
  const job: Job = {
    need: { key, namespace: "n", kind: KIND, memoryMb: MEMORY_MB, concurrency: 1 },
    mayGoAhead: false,
    placed: (lease) => {
      submitted.lease = lease;
    },
    failed: (cause) => {
      submitted.cause = cause;
    },
  };
  pool.submit(job);
  return submitted;
}

/** All that follows from what has been settled. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate();
}

test("whoever waits for the making of stem cells goes on where that fails", async () => {
  const driver = new DriverUnderTest();
  await using pool = openPool(driver, { stemCells: 1 });
  pool.prewarm();
  const submitted = submit(pool, "a");
  await settle();
  assert.equal(driver.asked.length, 1);
  driver.asked[0]?.reject(new Error("no"));
  await settle();
  driver.asked[1]?.resolve(createContainer());
  await settle();
  assert.ok(submitted.lease);
});

test("a container that has ended when it is made is counted as one that was", async () => {
  const driver = new DriverUnderTest();
  await using pool = openPool(driver, { startsMax: 1 });
  const first = submit(pool, "a");
  await settle();
  driver.asked[0]?.resolve(createContainer(Promise.resolve()));
  await settle();
  assert.ok(first.lease);
  first.lease.destroy();
  for (const key of ["b", "c"]) submit(pool, key);
  await settle();
  assert.equal(driver.asked.length, 2, "one is made at a time");
});
