// The journal bus: the contract, and what only it can do: crash at any moment and byte, fill a disk,
// copy forward.

import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { fill, MAY_MOUNT, withDirectory, withDisk } from "../journal/disk-fixture.ts";
import { systemClock } from "../kernel/clock.ts";
import { toBytes } from "../kernel/payload.ts";
import { GB, KB, MB } from "../kernel/units.ts";
import { DURABLE, Inbox, publishAsThereIsRoom, testBus, WRITTEN } from "./bus.contract.ts";
import { type JournalBusOptions, openJournalBus } from "./journal.ts";
import type { Bus, Delivery } from "./port.ts";

const IN_FLIGHT_MAX = 1000;

/** In memory where it can be: these tests sync thousands of times, and no power is lost in them. */
const PARENT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

function temporary(): string {
  return mkdtempSync(join(PARENT, "brisk-bus-"));
}

function open(directory: string, options: Partial<JournalBusOptions> = {}) {
  const bounds = { messagesMax: 100_000, bytesMax: GB };
  return openJournalBus({ directory, clock: systemClock, ...bounds, ...options });
}

function inbox(bus: Bus): Inbox {
  const box = new Inbox();
  bus.subscribe({ topic: "t", inFlightMax: IN_FLIGHT_MAX, deliver: box.deliver });
  return box;
}

/**
 * What the files hold at this moment is what a killed process would leave. The newest come first: old
 * ones are deleted in order, and may be while this copies.
 */
function copyAsCrashed(directory: string): string {
  const copy = temporary();
  for (const name of readdirSync(directory).sort().reverse()) {
    try {
      copyFileSync(join(directory, name), join(copy, name));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    }
  }
  return copy;
}

testBus("journal", async () => {
  const directories = [temporary()];
  const current = () => directories.at(-1) ?? "";
  return {
    open: async (options) => open(current(), options),
    crash: async (bus) => {
      const copy = copyAsCrashed(current());
      await bus[Symbol.asyncDispose]();
      directories.push(copy);
    },
    remove: async () => {
      for (const directory of directories) rmSync(directory, { recursive: true });
    },
  };
});

type Step =
  | { readonly type: "publish"; readonly length: number }
  | { readonly type: "start" | "done"; readonly at: number }
  | { readonly type: "crash" };

const usualStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("publish" as const), length: fc.nat(60) }),
  fc.record({ type: fc.constantFrom("start" as const, "done" as const), at: fc.nat(20) }),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: usualStep },
  { weight: 1, arbitrary: fc.constant({ type: "crash" } as const) },
);

/** A bus beside what it should hold: each message's text, and whether it has started. */
class Model {
  readonly alive = new Map<string, boolean>();
  readonly #options: Partial<JournalBusOptions>;
  #bus: Bus;
  #box: Inbox;
  #count = 0;
  directory: string;

  constructor(directory: string, options: Partial<JournalBusOptions>) {
    this.#options = options;
    this.directory = directory;
    [this.#bus, this.#box] = this.#open(directory);
  }

  #open(directory: string): [Bus, Inbox] {
    const bus = open(directory, this.#options);
    const settle = (delivery: Delivery) => delivery.done();
    bus.subscribe({ topic: "other", inFlightMax: IN_FLIGHT_MAX, deliver: settle });
    return [bus, inbox(bus)];
  }

  async take(step: Step): Promise<void> {
    if (step.type === "publish") {
      const text = `${this.#count++}`.padEnd(step.length, ".");
      await this.#bus.publish("t", Buffer.from(text), WRITTEN);
      this.alive.set(text, false);
    } else if (step.type === "crash") await this.#crash();
    else await this.#settle(step);
  }

  async #settle({ type, at }: { type: "start" | "done"; at: number }): Promise<void> {
    const text = [...this.alive.keys()][at];
    if (text === undefined) return;
    const delivery = this.#box.deliveries.findLast(({ message }) => message.toString() === text);
    assert.ok(delivery !== undefined, `${text} is delivered`);
    if (type === "start") {
      await delivery.start();
      this.alive.set(text, true);
      return;
    }
    delivery.done();
    this.#box.deliveries.splice(this.#box.deliveries.indexOf(delivery), 1);
    this.alive.delete(text);
    // The mark of a started one waits for the next write.
    await this.#bus.publish("other", Buffer.alloc(0), WRITTEN);
  }

  async #crash(): Promise<void> {
    const copy = copyAsCrashed(this.directory);
    await this.close();
    rmSync(this.directory, { recursive: true });
    this.directory = copy;
    [this.#bus, this.#box] = this.#open(copy);
    await expectAlive(this.#box, this.alive);
  }

  async close(): Promise<void> {
    await this.#bus[Symbol.asyncDispose]();
  }
}

async function expectAlive(box: Inbox, alive: ReadonlyMap<string, boolean>): Promise<void> {
  await box.take(alive.size);
  assert.deepEqual(
    box.deliveries.map((d) => [d.message.toString(), d.startedBefore]),
    [...alive],
  );
}

test("cut at any byte, the journal gives exactly what was whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(usualStep, { maxLength: 30 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (steps, where) => {
        const directory = temporary();
        const file = join(directory, "00000001.log");
        const model = new Model(directory, {});
        const states = [{ bytes: 0, alive: new Map(model.alive) }];
        try {
          for (const step of steps) {
            await model.take(step);
            states.push({ bytes: statSync(file).size, alive: new Map(model.alive) });
          }
          await model.close();
          const bytes = readFileSync(file);
          const cut = Math.floor(bytes.length * where);
          writeFileSync(file, bytes.subarray(0, cut));
          await using bus = open(directory);
          await expectCut(inbox(bus), states, cut);
        } finally {
          rmSync(directory, { recursive: true });
        }
      },
    ),
    { numRuns: 60 },
  );
});

interface State {
  readonly bytes: number;
  readonly alive: ReadonlyMap<string, boolean>;
}

/** A step may write its mark and something else: then the mark may be whole where the rest is not. */
async function expectCut(box: Inbox, states: readonly State[], cut: number): Promise<void> {
  const index = states.findLastIndex((state) => state.bytes <= cut);
  const possible = states.slice(index, index + 2).map(({ alive }) => [...alive]);
  await box.take(Math.min(...possible.map((alive) => alive.length)));
  await setImmediate();
  const found = box.deliveries.map((d) => [d.message.toString(), d.startedBefore]);
  assert.ok(
    possible.some((alive) => JSON.stringify(alive) === JSON.stringify(found)),
    `cut at ${cut}: ${JSON.stringify({ found, possible })}`,
  );
}

test("whatever happens and however often it crashes, exactly what is not done comes again", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 100, maxLength: 300 }), async (steps) => {
      // So small that segments are closed, copied forward, dropped and read back all the time.
      const model = new Model(temporary(), { segmentBytes: 256, memoryBytesMax: KB });
      try {
        for (const step of [...steps, { type: "crash" } as const]) await model.take(step);
        await model.close();
      } finally {
        rmSync(model.directory, { recursive: true });
      }
    }),
    { numRuns: 30 },
  );
});

test("volatile messages that nobody takes are bounded too", () =>
  withDirectory(async (directory) => {
    await using bus = open(directory, { messagesMax: 2 });
    for (const text of ["1", "2"]) await bus.publish("t", Buffer.from(text), "volatile");
    await assert.rejects(bus.publish("t", Buffer.from("3"), "volatile"), { code: "bus-full" });
    await expectAlive(
      inbox(bus),
      new Map([
        ["1", false],
        ["2", false],
      ]),
    );
  }));

test("a flipped byte in the last write loses that write only", () =>
  withDirectory(async (directory) => {
    {
      await using bus = open(directory);
      for (const text of ["1", "2"]) await bus.publish("t", Buffer.from(text), DURABLE);
    }
    const file = join(directory, "00000001.log");
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = 0;
    writeFileSync(file, bytes);
    await using bus = open(directory);
    await expectAlive(inbox(bus), new Map([["1", false]]));
  }));

test("one message that stays does not keep the segments behind it", () =>
  withDirectory(async (directory) => {
    {
      await using bus = open(directory, { segmentBytes: 128 * KB });
      const box = inbox(bus);
      await bus.publish("t", Buffer.from("stays"), WRITTEN);
      await box.deliveries[0]?.start();
      const filler = Buffer.alloc(8 * KB);
      for (let count = 1; count <= 200; count++) {
        await bus.publish("t", filler, DURABLE);
        box.deliveries[count]?.done();
      }
      await bus.publish("t", Buffer.from("last"), DURABLE);
    }
    const kept = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
    assert.ok(kept.reduce((sum, size) => sum + size, 0) <= 5 * 128 * KB, `${kept}`);
    await using bus = open(directory);
    await expectAlive(
      inbox(bus),
      new Map([
        ["stays", true],
        ["last", false],
      ]),
    );
  }));

test("what is done takes no room, however small the bound", () =>
  withDirectory(async (directory) => {
    await using bus = open(directory, { bytesMax: MB });
    const box = inbox(bus);
    for (let count = 0; count < 300; count++) {
      await bus.publish("t", Buffer.alloc(10 * KB), WRITTEN);
      box.deliveries[count]?.done();
    }
  }));

test("one message that stays in each segment keeps no room from others", () =>
  withDirectory(async (directory) => {
    await using bus = open(directory, { bytesMax: MB });
    const box = inbox(bus);
    let settled: Delivery | undefined;
    for (let count = 0; count < 300; count++) {
      const stays = count % 10 === 0;
      const message = Buffer.alloc(stays ? 10 : 10 * KB);
      await publishAsThereIsRoom(() => bus.publish("t", message, DURABLE));
      // There is always one more at work.
      if (!stays) settled?.done();
      settled = stays ? settled : box.deliveries[count];
    }
  }));

test("what does not fit into memory is read back from the journal", () =>
  withDirectory(async (directory) => {
    await using bus = open(directory, { segmentBytes: MB, memoryBytesMax: MB });
    for (let count = 0; count < 40; count++) {
      await bus.publish("t", Buffer.alloc(100 * KB, count), WRITTEN);
    }
    const box = inbox(bus);
    await box.take(40);
    for (const [count, { message }] of box.deliveries.entries()) {
      assert.ok(toBytes(message).equals(Buffer.alloc(100 * KB, count)), `message ${count}`);
    }
  }));

test(
  "on a full disk what is refused is lost, and what is done stays done",
  {
    skip: !MAY_MOUNT,
  },
  () =>
    withDisk(async (directory) => {
      const alive = await runOnFullDisk(directory);
      await using bus = open(directory);
      const box = inbox(bus);
      await box.take(alive.length);
      assert.deepEqual(
        box.deliveries.map((d) => [d.message.toString().trim(), d.startedBefore]),
        alive.map((text) => [text, text === "stays"]),
      );
    }),
);

/** @returns what is not done at the end */
async function runOnFullDisk(directory: string): Promise<readonly string[]> {
  await using bus = open(directory, { segmentBytes: 256 * KB });
  const box = inbox(bus);
  const alive: string[] = [];
  const publish = async (text: string) => {
    await bus.publish("t", Buffer.from(text), DURABLE);
    alive.push(text.trim());
  };
  for (const text of ["a", "b", "c", "d", "stays"]) await publish(text);
  const makeRoom = fill(directory);
  // The last page may still have room for some.
  for (const length of [KB, 1]) {
    await assert.rejects(publishUntilFull(publish, length), { code: "storage-full" });
  }
  const settled = box.deliveries.slice(0, 4);
  const [stays, refused] = [box.deliveries[4], box.deliveries.at(-1)];
  assert.deepEqual([refused?.lost, stays?.lost], [true, false]);
  await assert.rejects(refused?.start() ?? assert.fail(), { code: "storage-full" });
  // Together their marks find no room, and are owed.
  for (const delivery of settled) delivery.done();
  alive.splice(0, settled.length);
  await setImmediate();
  makeRoom();
  await stays?.start();
  await publish("accepted again");
  return alive;
}

async function publishUntilFull(
  publish: (text: string) => Promise<void>,
  length: number,
): Promise<void> {
  for (let count = 0; ; count++) await publish(`fits ${count}`.padEnd(length));
}
