// What further tries may take of the bus, from when they are put there until they have ended.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openJournalBus } from "../bus/journal.ts";
import { type ActivationDocument, toDocument } from "../entities/activation.ts";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { withDirectory } from "../journal/disk-fixture.ts";
import { systemClock } from "../kernel/clock.ts";
import { type ActivationId, createActivationId, createTransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import type { ActivationMessage } from "../messages/activation-message.ts";
import { toErrorResponse, toFallbackRecord } from "./records.ts";
import { Tries } from "./tries.ts";

const GUEST = "guest" as EntityName;
const USER = { subject: "guest", namespace: { name: GUEST, uuid: "u" }, limits: {} };
const POLICY = { times: 9, backoffMs: 60_000 };

function toTry(first: ActivationId, attempt: number): ActivationMessage {
  return {
    activationId: attempt === 1 ? first : createActivationId(),
    transaction: [createTransactionId(), 0],
    action: { id: "guest/a", revision: "1", version: "0.0.1" },
    user: USER as unknown as Identity,
    replyTo: "replies",
    blocking: false,
    initKeys: [],
    content: "{}" as RawJson,
    trying: { policy: POLICY, attempt, first },
  };
}

function toFailed(message: ActivationMessage): ActivationDocument {
  return toDocument(toFallbackRecord(message, toErrorResponse(1, "no"), { now: Date.now() }));
}

test("a try has its share until it has ended, or the next one has it", () =>
  withDirectory(async (directory) => {
    const bounds = { messagesMax: 100, bytesMax: 2 ** 30 };
    await using bus = openJournalBus({
      directory: join(directory, "bus"),
      clock: systemClock,
      ...bounds,
    });
    // Of two, a namespace may have one.
    const triesMax = { count: 2, length: 1000 };
    const options = { topic: "work", deadLetters: "letters", bus, triesMax, clock: systemClock };
    const tries = new Tries(options);
    /** Whether another one is to come. */
    const isTriedAgain = async (message: ActivationMessage) => {
      const before = bus.waiting("work");
      await tries.keepFollowUp(message, toFailed(message), false);
      return bus.waiting("work") > before;
    };
    const [one, other] = [createActivationId(), createActivationId()];
    assert.ok(await isTriedAgain(toTry(one, 1)));
    assert.ok(!(await isTriedAgain(toTry(other, 1))), "while it waits");
    const second = toTry(one, 2);
    assert.ok(tries.begin(second));
    assert.ok(!(await isTriedAgain(toTry(other, 1))), "while it runs");
    assert.ok(await isTriedAgain(second), "in its own place");
    tries.end(second);
    assert.ok(!(await isTriedAgain(toTry(other, 1))), "while the next one waits");
    const third = toTry(one, 3);
    assert.ok(tries.begin(third));
    tries.end(third);
    assert.ok(await isTriedAgain(toTry(other, 1)), "when it has ended");
  }));
