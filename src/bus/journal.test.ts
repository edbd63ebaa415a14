// The journal bus: the contract, and what only it can do: crash at any byte, fill a disk, copy forward.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../kernel/clock.ts";
import { MB } from "../kernel/units.ts";
import { Inbox, testBus } from "./bus.contract.ts";
import { openJournalBus } from "./journal.ts";

function temporary(): string {
  return mkdtempSync(join(tmpdir(), "brisk-bus-"));
}

function open(directory: string, { messagesMax = 100_000 } = {}) {
  return openJournalBus({ directory, messagesMax, bytesMax: 1024 * MB, clock: systemClock });
}

testBus("journal", async () => {
  const directories = [temporary()];
  const current = () => directories.at(-1) ?? "";
  return {
    open: async (options) => open(current(), options),
    // What the files hold at this moment is what a killed process would leave.
    crash: async (bus) => {
      const copy = temporary();
      cpSync(current(), copy, { recursive: true });
      await bus[Symbol.asyncDispose]();
      directories.push(copy);
    },
    remove: async () => {
      for (const directory of directories) rmSync(directory, { recursive: true });
    },
  };
});

type Step = { readonly type: "publish" } | { readonly type: "start" | "done"; readonly at: number };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ type: "publish" } as const),
  fc.record({ type: fc.constantFrom("start", "done"), at: fc.nat(20) }),
) as fc.Arbitrary<Step>;

/** Runs the steps one write each, and tells after each how long the journal is and what is alive. */
async function runSteps(directory: string, steps: readonly Step[]) {
  const file = join(directory, "00000001.log");
  await using bus = open(directory);
  const box = new Inbox();
  bus.subscribe({ topic: "t", inFlightMax: 1000, deliver: box.deliver });
  const alive = new Map<string, boolean>();
  const states = [{ bytes: 0, alive: new Map(alive) }];
  for (const [index, step] of steps.entries()) {
    if (step.type === "publish") {
      await bus.publish("t", Buffer.from(`message ${index}`), "written");
      alive.set(`message ${index}`, false);
    } else {
      const text = [...alive.keys()][step.at];
      const delivery = box.deliveries.find(({ message }) => message.toString() === text);
      if (text === undefined || delivery === undefined) continue;
      if (step.type === "start") {
        await delivery.start();
        alive.set(text, true);
      } else {
        delivery.done();
        await new Promise(setImmediate);
        alive.delete(text);
      }
    }
    states.push({ bytes: readFileSync(file).length, alive: new Map(alive) });
  }
  return states;
}

test("cut at any byte, the journal gives exactly what was whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stepArbitrary, { maxLength: 30 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (steps, where) => {
        const directory = temporary();
        try {
          const states = await runSteps(directory, steps);
          const file = join(directory, "00000001.log");
          const bytes = readFileSync(file);
          const cut = Math.floor(bytes.length * where);
          writeFileSync(file, bytes.subarray(0, cut));
          const expected = states.findLast((state) => state.bytes <= cut)?.alive ?? new Map();
          await using bus = open(directory);
          const box = new Inbox();
          bus.subscribe({ topic: "t", inFlightMax: 1000, deliver: box.deliver });
          await box.take(expected.size);
          const found = box.deliveries.map((d) => [d.message.toString(), d.startedBefore]);
          assert.deepEqual(found, [...expected]);
        } finally {
          rmSync(directory, { recursive: true });
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a flipped byte in the last write loses that write only", async () => {
  const directory = temporary();
  try {
    {
      await using bus = open(directory);
      for (const text of ["1", "2"]) await bus.publish("t", Buffer.from(text), "durable");
    }
    const file = join(directory, "00000001.log");
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = 0;
    writeFileSync(file, bytes);
    await using bus = open(directory);
    const box = new Inbox();
    bus.subscribe({ topic: "t", inFlightMax: 1000, deliver: box.deliver });
    await box.take(1);
    assert.deepEqual(box.texts, ["1"]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("one message that stays does not keep the segments behind it", async () => {
  const directory = temporary();
  try {
    {
      await using bus = open(directory);
      const box = new Inbox();
      bus.subscribe({ topic: "t", inFlightMax: 1000, deliver: box.deliver });
      await bus.publish("t", Buffer.from("stays"), "written");
      await box.deliveries[0]?.start();
      const filler = Buffer.alloc(MB);
      for (let count = 1; count <= 100; count++) {
        await bus.publish("t", filler, "written");
        box.deliveries[count]?.done();
      }
      await bus.publish("t", Buffer.from("last"), "durable");
      assert.ok(readdirSync(directory).length <= 4, `${readdirSync(directory)}`);
    }
    await using bus = open(directory);
    const box = new Inbox();
    bus.subscribe({ topic: "t", inFlightMax: 1000, deliver: box.deliver });
    await box.take(2);
    assert.deepEqual(
      box.deliveries.map((d) => [d.message.toString(), d.startedBefore]),
      [
        ["stays", true],
        ["last", false],
      ],
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("what does not fit into memory is read back from the journal", async () => {
  const directory = temporary();
  try {
    await using bus = open(directory);
    for (let count = 0; count < 80; count++) {
      await bus.publish("t", Buffer.alloc(MB, count), "written");
    }
    const box = new Inbox();
    bus.subscribe({ topic: "t", inFlightMax: 1000, deliver: box.deliver });
    await box.take(80);
    for (const [count, { message }] of box.deliveries.entries()) {
      assert.ok(message.equals(Buffer.alloc(MB, count)), `message ${count}`);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
