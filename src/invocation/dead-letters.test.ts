// Dead letters that a crash has left twice on the bus.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { openJournalBus } from "../bus/journal.ts";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import type { Trigger } from "../entities/trigger.ts";
import { withDirectory } from "../journal/disk-fixture.ts";
import { systemClock } from "../kernel/clock.ts";
import { failure } from "../kernel/errors.ts";
import { type ActivationId, createActivationId, createTransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { encodeDeadLetter } from "../messages/dead-letter.ts";
import { openSqliteStores } from "../stores/sqlite/open.ts";
import { DeadLetters, type DeadLettersOptions } from "./dead-letters.ts";
import { toFiringDocument } from "./firing-records.ts";

const GUEST = "guest" as EntityName;
const TRIGGER = "unsent" as EntityName;
const USER = { subject: "guest", namespace: { name: GUEST, uuid: "u" }, limits: {} };
const identity = USER as unknown as Identity;

function toLetter(firingId: ActivationId): Buffer {
  return encodeDeadLetter({
    trigger: TRIGGER,
    attempts: 1,
    firingId,
    user: identity,
    transactionId: createTransactionId(),
    record: "{}" as RawJson,
    arguments: "{}" as RawJson,
  });
}

function following() {
  return { dueAt: systemClock(), owner: USER.namespace.uuid };
}

function openLetters(given: Pick<DeadLettersOptions, "bus" | "activations" | "firings">) {
  return new DeadLetters({
    topic: "letters",
    ...given,
    triggers: { findToFire: () => ({}) as Trigger },
    limits: { payloadBytesMax: 1000 } as DeadLettersOptions["limits"],
    postponedMax: { count: 10, length: 1000 },
    clock: systemClock,
    log: pino({ enabled: false }),
  });
}

test("a letter that is there twice is fired once", () =>
  withDirectory(async (directory) => {
    await using stores = await openSqliteStores(directory);
    const { activations } = stores;
    const bounds = { messagesMax: 100, bytesMax: 2 ** 30 };
    const clock = systemClock;
    await using bus = openJournalBus({ directory: join(directory, "bus"), clock, ...bounds });
    const fired: (ActivationId | undefined)[] = [];
    const fire: DeadLettersOptions["firings"]["fire"] = async ({ letterId: activationId }) => {
      fired.push(activationId);
      assert.ok(activationId);
      const firing = { activationId, identity, trigger: TRIGGER, version: "0.0.1", start: 0 };
      await activations.put(
        toFiringDocument({ ...firing, result: "{}" as RawJson }, []),
        "durable",
      );
      return activationId;
    };
    const [twice, once] = [createActivationId(), createActivationId()];
    for (const id of [twice, twice, once])
      await bus.publishLater("letters", toLetter(id), following());
    await using letters = openLetters({ bus, activations, firings: { fire } });
    letters.start();
    while (bus.waiting("letters") > 0) await delay(5);
    await bus.publishLater("letters", toLetter(twice), following());
    while (bus.waiting("letters") > 0) await delay(5);
    assert.equal(fired.length, 2);
    assert.deepEqual(new Set(fired), new Set([once, twice]));
  }));

test("a letter for whose actions there is no room is fired when there is", () =>
  withDirectory(async (directory) => {
    await using stores = await openSqliteStores(directory);
    const clock = systemClock;
    const bounds = { messagesMax: 100, bytesMax: 2 ** 30 };
    await using bus = openJournalBus({ directory: join(directory, "bus"), clock, ...bounds });
    const id = createActivationId();
    const tried: (ActivationId | undefined)[] = [];
    await bus.publishLater("letters", toLetter(id), following());
    const fire: DeadLettersOptions["firings"]["fire"] = async ({ letterId }) => {
      tried.push(letterId);
      if (tried.length < 2) throw failure("too-many-waiting", { count: 1, megabytes: 1 });
      return letterId;
    };
    const { activations } = stores;
    await using letters = openLetters({ bus, activations, firings: { fire } });
    letters.start();
    while (bus.waiting("letters") > 0) await delay(5);
    assert.deepEqual(tried, [id, id]);
  }));
