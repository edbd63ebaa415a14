// What one owner may take of the disk, and what the others find beside it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withDirectory } from "../journal/disk-fixture.ts";
import { systemClock } from "../kernel/clock.ts";
import { toBytes } from "../kernel/payload.ts";
import { KB, MB } from "../kernel/units.ts";
import { DURABLE, Inbox, publishAsThereIsRoom } from "./bus.contract.ts";
import { openJournalBus } from "./journal.ts";
import type { Delivery } from "./port.ts";

const IN_FLIGHT_MAX = 1000;
const LARGE = Buffer.alloc(100 * KB);
const SMALL = Buffer.alloc(20 * KB);

/** Until it is refused. @returns how many were not */
async function publishAll(publish: () => Promise<void>): Promise<number> {
  for (let count = 0; ; count++) {
    try {
      await publish();
    } catch (cause) {
      assert.equal((cause as { code?: string }).code, "too-many-waiting");
      return count;
    }
  }
}

function finishSmall(delivery: Delivery): void {
  if (toBytes(delivery.message).length === SMALL.length) delivery.done();
}

test("large messages of one owner, and steps of them, leave room for others", () =>
  withDirectory(async (directory) => {
    const bounds = { messagesMax: 1000, bytesMax: 4 * MB };
    await using bus = openJournalBus({ directory, clock: systemClock, ...bounds });
    const box = new Inbox();
    bus.subscribe({ topic: "t", inFlightMax: IN_FLIGHT_MAX, deliver: box.deliver });
    bus.subscribe({ topic: "steps", inFlightMax: IN_FLIGHT_MAX, deliver: finishSmall });
    const flood = () => bus.publish("t", LARGE, DURABLE);
    // A quarter of the disk, and the last one beyond it.
    const flooding = await publishAll(flood);
    assert.equal(flooding, 11);
    const [continues] = await box.take(1);
    assert.ok(continues);
    assert.equal(await publishAll(() => bus.publish("steps", LARGE, { continues })), 11);
    // So much that what is done of it would fill the disk several times.
    const other = { keep: "durable", owner: "another" } as const;
    for (let count = flooding; count < 400; count++) {
      await publishAsThereIsRoom(() => bus.publish("t", SMALL, other));
      const own = (await box.take(count + 1))[count];
      assert.ok(own);
      await publishAsThereIsRoom(() => bus.publish("steps", SMALL, { continues: own }));
      own.done();
    }
    assert.equal(await publishAll(flood), 0);
  }));
