// A small platform in a process of its own, to be killed: messages come, run, are recorded and done. It
// says each step on stdout once it holds. What an earlier one had started it records as abandoned.

import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { openJournalBus } from "../../bus/journal.ts";
import type { Delivery } from "../../bus/port.ts";
import { type ActivationDocument, toDocument } from "../../entities/activation.ts";
import type { EntityName } from "../../entities/names.ts";
import { systemClock } from "../../kernel/clock.ts";
import { type ActivationId, createActivationId } from "../../kernel/ids.ts";
import { KB, MB } from "../../kernel/units.ts";
import { openSqliteStores } from "./open.ts";

const NAMESPACE = "guest" as EntityName;
const ABANDONED = 3;

const [directory = ""] = process.argv.slice(2);
const FLIGHT = 50;
const LOGS = ["x".repeat(KB)];

function say(step: "accepted" | "ran" | "recorded", id: string): void {
  writeSync(1, `${step} ${id}\n`);
}

function toRecord(id: ActivationId, statusCode: 0 | typeof ABANDONED): ActivationDocument {
  const name = "hello" as EntityName;
  return toDocument({
    activationId: id,
    namespace: NAMESPACE,
    subject: "guest",
    name,
    filterName: name,
    version: "0.0.1",
    start: Date.now(),
    end: Date.now(),
    duration: 0,
    annotations: [],
    response: { statusCode },
    logs: LOGS,
  });
}

async function run(): Promise<void> {
  const stores = await openSqliteStores(directory);
  const bus = openJournalBus({
    directory: join(directory, "bus"),
    messagesMax: 1000,
    bytesMax: 64 * MB,
    segmentBytes: 64 * KB,
    clock: systemClock,
  });
  flushCompileCache();
  const settle = async (delivery: Delivery, id: ActivationId) => {
    const keep = id < "8" ? "written" : "durable";
    if (!delivery.startedBefore) {
      await delivery.start();
      say("ran", id);
      await stores.activations.put(toRecord(id, 0), keep);
    } else if (!(await stores.activations.has(id))) {
      await stores.activations.put(toRecord(id, ABANDONED), keep);
    }
    say("recorded", id);
    delivery.done();
  };
  const deliver = (delivery: Delivery) => {
    void settle(delivery, delivery.message.toString() as ActivationId);
  };
  bus.subscribe({ topic: "t", inFlightMax: FLIGHT, deliver });
  const publish = async () => {
    for (;;) {
      const id = createActivationId();
      await bus.publish("t", Buffer.from(id), { keep: "durable", owner: "o" });
      say("accepted", id);
    }
  };
  await Promise.all([publish(), publish(), publish()]);
}

if (directory !== "") await run();
