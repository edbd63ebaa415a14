// What every bus does. Each adapter's test runs it with a way to open a bus, to end it as a crash
// would, and to open what is left again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { toBytes } from "../kernel/payload.ts";
import type { Bus, Delivery, Fresh } from "./port.ts";

export interface BusUnderTest {
  /** On the same storage each time. */
  open(options?: { readonly messagesMax?: number }): Promise<Bus>;
  /** Without letting it finish anything. */
  crash(bus: Bus): Promise<void>;
  remove(): Promise<void>;
}

const IN_FLIGHT_MAX = 1000;
const OWNER = "owner";
export const DURABLE: Fresh = { keep: "durable", owner: OWNER };
export const WRITTEN: Fresh = { keep: "written", owner: OWNER };

const DEADLINE_MS = 10_000;

/** No faster than the disk: what stays in the way is copied meanwhile, and is full until then. */
export async function publishAsThereIsRoom(publish: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await publish();
      return;
    } catch (cause) {
      if ((cause as { code?: string }).code !== "bus-full") throw cause;
      await delay(1);
    }
  }
}

/** Collects deliveries, and waits for a number of them. */
export class Inbox {
  readonly deliveries: Delivery[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;
  readonly deliver = (delivery: Delivery): void => {
    this.deliveries.push(delivery);
    if (this.deliveries.length >= (this.#waiting?.count ?? Number.POSITIVE_INFINITY)) {
      this.#waiting?.resolve();
    }
  };

  async take(count: number): Promise<readonly Delivery[]> {
    if (this.deliveries.length < count) {
      await new Promise<void>((resolve, reject) => {
        const late = () => reject(new Error(`${this.deliveries.length} of ${count} are delivered`));
        setTimeout(late, DEADLINE_MS).unref();
        this.#waiting = { count, resolve };
      });
    }
    return this.deliveries;
  }

  get texts(): readonly string[] {
    return this.deliveries.map(({ message }) => message.toString());
  }
}

function inbox(bus: Bus, inFlightMax = IN_FLIGHT_MAX): Inbox {
  const box = new Inbox();
  bus.subscribe({ topic: "t", inFlightMax, deliver: box.deliver });
  return box;
}

export function testBus(name: string, create: () => Promise<BusUnderTest>): void {
  const busTest = (title: string, run: (under: BusUnderTest) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const under = await create();
      try {
        await run(under);
      } finally {
        await under.remove();
      }
    });

  busTest(
    "messages come in the order of publishing, also those from before the subscription",
    async (under) => {
      await using bus = await under.open();
      await bus.publish("t", Buffer.from("1"), DURABLE);
      await bus.publish("t", Buffer.from("2"), WRITTEN);
      const box = inbox(bus);
      await box.take(2);
      await bus.publish("t", Buffer.from("3"), "volatile");
      await box.take(3);
      assert.deepEqual(box.texts, ["1", "2", "3"]);
    },
  );

  busTest("what is unfinished is told, delivered or not, also after a crash", async (under) => {
    const bus = await under.open();
    const box = inbox(bus, 2);
    for (const text of ["1", "2", "3"]) await bus.publish("t", Buffer.from(text), DURABLE);
    await bus.publish("t", Buffer.from("volatile"), "volatile");
    await bus.publish("other", Buffer.from("4"), WRITTEN);
    const texts = (on: Bus) => [...on.unfinished()].map(String).sort((a, b) => a.localeCompare(b));
    await box.take(2);
    await box.deliveries[0]?.start();
    assert.deepEqual(texts(bus), ["1", "2", "3", "4"]);
    box.deliveries[0]?.done();
    assert.deepEqual(texts(bus), ["2", "3", "4"]);
    await bus.publish("t", Buffer.from("5"), DURABLE);
    await under.crash(bus);
    await using again = await under.open();
    assert.deepEqual(texts(again).slice(-4), ["2", "3", "4", "5"]);
  });

  busTest("topics are apart", async (under) => {
    await using bus = await under.open();
    const box = inbox(bus);
    await bus.publish("other", Buffer.from("x"), DURABLE);
    await bus.publish("t", Buffer.from("1"), DURABLE);
    assert.deepEqual((await box.take(1)).length, 1);
    assert.equal(bus.waiting("other"), 1);
  });

  busTest(
    "no more are in flight than asked for; the next comes when one is done",
    async (under) => {
      await using bus = await under.open();
      const box = inbox(bus, 2);
      for (const text of ["1", "2", "3"]) await bus.publish("t", Buffer.from(text), DURABLE);
      assert.deepEqual(box.texts, ["1", "2"]);
      box.deliveries[0]?.done();
      box.deliveries[0]?.done();
      await box.take(3);
      assert.deepEqual(box.texts, ["1", "2", "3"]);
      assert.equal(bus.waiting("t"), 2);
    },
  );

  busTest(
    "after a crash what was not done comes again, and says whether it had started",
    async (under) => {
      const first = await under.open();
      const before = inbox(first);
      for (const text of ["fresh", "started", "done"]) {
        await first.publish("t", Buffer.from(text), DURABLE);
      }
      await before.take(3);
      await before.deliveries[1]?.start();
      await before.deliveries[2]?.start();
      before.deliveries[2]?.done();
      await first.publish("t", Buffer.from("last"), DURABLE);
      await under.crash(first);

      await using second = await under.open();
      const after = inbox(second);
      await after.take(3);
      assert.deepEqual(
        after.deliveries.map(({ message, startedBefore }) => [message.toString(), startedBefore]),
        [
          ["fresh", false],
          ["started", true],
          ["last", false],
        ],
      );
      assert.ok(
        after.deliveries.every(({ publishedAt }) => Math.abs(Date.now() - publishedAt) < 60_000),
      );
    },
  );

  busTest("a volatile message is gone after a crash", async (under) => {
    const first = await under.open();
    await first.publish("t", Buffer.from("answer"), "volatile");
    await first.publish("t", Buffer.from("work"), WRITTEN);
    await under.crash(first);
    await using second = await under.open();
    const box = inbox(second);
    await box.take(1);
    assert.deepEqual(box.texts, ["work"]);
  });

  busTest(
    "a message that is to wait comes when it is due, and holds up no other",
    async (under) => {
      await using bus = await under.open();
      const box = inbox(bus);
      const now = Date.now();
      // In one turn: on a busy disk the first might wait for longer than the others are to.
      const published = [
        bus.publishLater("t", Buffer.from("third"), { dueAt: now + 200, owner: OWNER }),
        bus.publishLater("t", Buffer.from("second"), { dueAt: now + 100, owner: OWNER }),
        bus.publish("t", Buffer.from("first"), DURABLE),
      ];
      assert.equal(bus.waiting("t"), 3);
      await Promise.all(published);
      await box.take(3);
      assert.deepEqual(box.texts, ["first", "second", "third"]);
      assert.ok(Date.now() >= now + 200);
      assert.equal(box.deliveries[2]?.publishedAt, now + 200);
    },
  );

  busTest("a message that is to wait still does after a crash", async (under) => {
    const first = await under.open();
    const dueAt = Date.now() + 300;
    await first.publishLater("t", Buffer.from("later"), { dueAt: dueAt, owner: OWNER });
    await first.publishLater("t", Buffer.from("overdue"), { dueAt: dueAt - 299, owner: OWNER });
    await under.crash(first);
    await using second = await under.open();
    const box = inbox(second);
    await box.take(2);
    assert.ok(Date.now() >= dueAt);
    assert.deepEqual(box.texts, ["overdue", "later"]);
  });

  busTest("a message of 2 MB comes as it was", async (under) => {
    const message = Buffer.alloc(2 * 1024 * 1024, "0123456789");
    const first = await under.open();
    await first.publish("t", message, DURABLE);
    await first[Symbol.asyncDispose]();
    await using second = await under.open();
    const box = inbox(second);
    await box.take(1);
    const [delivery] = box.deliveries;
    assert.ok(delivery !== undefined && toBytes(delivery.message).equals(message));
  });

  busTest(
    "an owner may have half of what the others leave, and more when something is done",
    async (under) => {
      await using bus = await under.open({ messagesMax: 4 });
      const box = inbox(bus);
      await bus.publish("t", Buffer.from("1"), DURABLE);
      await bus.publish("t", Buffer.from("2"), DURABLE);
      const beyond = bus.publish("t", Buffer.from("3"), DURABLE);
      await assert.rejects(beyond, { code: "too-many-waiting", status: 429 });
      await bus.publish("t", Buffer.from("4"), { keep: "written", owner: "another" });
      const others = bus.publish("other", Buffer.from("5"), { keep: "durable", owner: "another" });
      await assert.rejects(others, { code: "too-many-waiting" });
      box.deliveries[0]?.done();
      await bus.publish("other", Buffer.from("6"), DURABLE);
      await box.take(3);
      assert.deepEqual(box.texts, ["1", "2", "4"]);
    },
  );

  busTest("after a crash what is there counts for its owner again", async (under) => {
    const first = await under.open({ messagesMax: 4 });
    for (const text of ["1", "2"]) await first.publish("t", Buffer.from(text), DURABLE);
    await under.crash(first);
    await using second = await under.open({ messagesMax: 4 });
    const beyond = second.publish("t", Buffer.from("3"), WRITTEN);
    await assert.rejects(beyond, { code: "too-many-waiting" });
    await second.publish("t", Buffer.from("4"), { keep: "written", owner: "another" });
    const [one] = await inbox(second).take(3);
    one?.done();
    await second.publish("t", Buffer.from("5"), WRITTEN);
  });

  busTest("a step of accepted work has room where other messages have none", async (under) => {
    await using bus = await under.open({ messagesMax: 1 });
    const box = inbox(bus);
    await bus.publish("t", Buffer.from("1"), DURABLE);
    const beside = bus.publish("t", Buffer.from("2"), WRITTEN);
    await assert.rejects(beside, { code: "too-many-waiting" });
    const [continues] = await box.take(1);
    assert.ok(continues);
    for (const text of ["3", "4"]) await bus.publish("t", Buffer.from(text), { continues });
    const beyond = bus.publish("t", Buffer.from("5"), { continues });
    await assert.rejects(beyond, { code: "bus-full" });
    const [, step] = await box.take(2);
    assert.equal(step?.continues, continues);
  });

  busTest("what follows accepted work has room where other messages have none", async (under) => {
    await using bus = await under.open({ messagesMax: 1 });
    const box = inbox(bus);
    const following = { dueAt: Date.now(), owner: OWNER };
    await bus.publish("t", Buffer.from("1"), DURABLE);
    for (const text of ["2", "3"]) await bus.publishLater("t", Buffer.from(text), following);
    const beyond = bus.publishLater("t", Buffer.from("4"), following);
    await assert.rejects(beyond, { code: "bus-full" });
    const [first] = await box.take(1);
    first?.done();
    await box.take(3);
    assert.deepEqual(box.texts, ["1", "2", "3"]);
  });

  busTest("with a step of it work has started, and not before", async (under) => {
    const first = await under.open();
    const before = inbox(first);
    for (const text of ["begun", "fresh"]) await first.publish("t", Buffer.from(text), DURABLE);
    for (const continues of [...(await before.take(2))]) {
      await first.publish("t", Buffer.from("step"), { continues });
      assert.equal(continues.started, false);
    }
    const [begun, , step] = await before.take(4);
    await step?.start();
    assert.equal(begun?.started, true);
    await under.crash(first);

    await using second = await under.open();
    const after = inbox(second);
    await after.take(4);
    assert.deepEqual(
      after.deliveries.map(({ message, startedBefore }) => [message.toString(), startedBefore]),
      [
        ["begun", true],
        ["fresh", false],
        ["step", true],
        ["step", false],
      ],
    );
    assert.ok(after.deliveries.every(({ continues }) => continues === undefined));
  });
}
