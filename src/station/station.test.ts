// What must hold for every activation where the disk or the stores have bad weather: nothing that was
// accepted is dropped, and nothing that ended is taken for what did not.

import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { openJournalBus } from "../bus/journal.ts";
import type { Bus, Delivery } from "../bus/port.ts";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { withDirectory } from "../journal/disk-fixture.ts";
import { systemClock } from "../kernel/clock.ts";
import { failure } from "../kernel/errors.ts";
import { type ActivationId, createActivationId, createTransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { type ActivationMessage, encodeActivation } from "../messages/activation-message.ts";
import type { ActivationStore } from "../stores/port.ts";
import { openSqliteStores, type SqliteStores } from "../stores/sqlite/open.ts";
import { toFallbackRecord } from "./records.ts";
import { Station, type Work } from "./station.ts";

const GUEST = "guest" as EntityName;
const DEADLINE_MS = 10_000;
const USER = { subject: "guest", namespace: { name: GUEST, uuid: "u" }, limits: {} };

function createMessage(more: Partial<ActivationMessage> = {}): ActivationMessage {
  return {
    activationId: createActivationId(),
    transaction: [createTransactionId(), 0],
    action: { id: "guest/a", revision: "1", version: "0.0.1" },
    user: USER as unknown as Identity,
    replyTo: "replies",
    blocking: false,
    initKeys: [],
    content: "{}" as RawJson,
    ...more,
  };
}

async function waitFor<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const until = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < until, "it comes in time");
    await delay(5);
  }
}

interface Stage {
  readonly stores: SqliteStores;
  /** The bus's. */
  readonly directory: string;
}

function onStage(title: string, run: (stage: Stage) => Promise<void>): void {
  test(title, () =>
    withDirectory(async (directory) => {
      await using stores = await openSqliteStores(directory);
      await run({ stores, directory: join(directory, "bus") });
    }),
  );
}

/** Nothing is kept in memory, and each turn's messages have a segment of their own. */
function openBus({ directory }: Stage): Bus {
  const bounds = { messagesMax: 1000, bytesMax: 2 ** 30, segmentBytes: 1, memoryBytesMax: 0 };
  return openJournalBus({ directory, clock: systemClock, ...bounds });
}

type Weather = Partial<ActivationStore> & { readonly restartWorkAgeMs?: number };

/** With what is told here instead of the store of activations' own. */
function openStation(
  { stores }: Stage,
  bus: Bus,
  { restartWorkAgeMs = DEADLINE_MS, ...weather }: Weather = {},
) {
  const { activations, idempotency } = stores;
  const taken: Work[] = [];
  const station = new Station({
    topic: "work",
    inFlightMax: 1000,
    answersLogs: false,
    bus,
    deadLetters: "letters",
    triesMax: { count: 100, length: 100_000 },
    activations: {
      put: (document, keep) => activations.put(document, keep),
      has: (id) => activations.has(id),
      get: (namespace, id) => activations.get(namespace, id),
      ...weather,
    },
    idempotency,
    isBlocked: () => false,
    restartWorkAgeMs,
    clock: systemClock,
    log: pino({ enabled: false }),
  });
  station.start((work) => taken.push(work));
  return { station, taken };
}

/** Fails the first time. */
function failingOnce<Given extends unknown[], T>(call: (...given: Given) => Promise<T>) {
  let isFirst = true;
  return (...given: Given): Promise<T> => {
    const fails = isFirst;
    isFirst = false;
    return fails ? Promise.reject(failure("unavailable", { detail: "busy" })) : call(...given);
  };
}

function publish(bus: Bus, message: ActivationMessage): Promise<void> {
  return bus.publish("work", encodeActivation(message), {
    keep: "durable",
    owner: USER.namespace.uuid,
  });
}

/** The process before began it, and was killed. */
async function beginBefore(stage: Stage, message: ActivationMessage): Promise<void> {
  await using bus = openBus(stage);
  const started = Promise.withResolvers<void>();
  const deliver = (delivery: Delivery) => void delivery.start().then(started.resolve);
  bus.subscribe({ topic: "work", inFlightMax: 1, deliver });
  await publish(bus, message);
  await started.promise;
}

onStage("what the disk does not give for a while is not dropped", async (stage) => {
  await using bus = openBus(stage);
  const message = createMessage();
  await publish(bus, message);
  await publish(bus, createMessage());
  const file = join(stage.directory, "00000001.log");
  renameSync(file, `${file}.away`);
  const { station, taken } = openStation(stage, bus);
  await using _ = station;
  await waitFor(() => taken[0]);
  assert.notEqual(taken[0]?.message.activationId, message.activationId);
  renameSync(`${file}.away`, file);
  const work = await waitFor(() => taken[1]);
  assert.equal(work.message.activationId, message.activationId);
});

onStage("what had begun before a crash is recorded once the store answers", async (stage) => {
  const message = createMessage();
  await beginBefore(stage, message);
  const { activations } = stage.stores;
  await using bus = openBus(stage);
  const get = failingOnce((...of: Parameters<typeof activations.get>) => activations.get(...of));
  const { station, taken } = openStation(stage, bus, { get });
  await using _ = station;
  const record = await waitFor(() => activations.get(GUEST, message.activationId));
  assert.match(record.response, /abandoned/);
  assert.deepEqual(taken, []);
});

onStage("a further try is made once the store answers", async (stage) => {
  const message = createMessage(toTrying(2));
  const { activations } = stage.stores;
  await using bus = openBus(stage);
  const has = failingOnce((id: ActivationId) => activations.has(id));
  const { station, taken } = openStation(stage, bus, { has });
  await using _ = station;
  await publish(bus, message);
  const work = await waitFor(() => taken[0]);
  assert.equal(work.message.activationId, message.activationId);
});

for (const [what, ageMs] of Object.entries({ "failed before it ran": DEADLINE_MS, expired: 0 })) {
  onStage(
    `killed behind the record of a last try that ${what}, its last word is kept`,
    async (stage) => {
      const { activations } = stage.stores;
      const { trying } = toTrying(3);
      const policy = { ...trying.policy, deadLetter: "unsent" as EntityName };
      {
        await using bus = openBus(stage);
        await publish(bus, createMessage({ trying: { ...trying, policy } }));
      }
      {
        const kept = Promise.withResolvers<void>();
        const put: ActivationStore["put"] = async (document, keep) => {
          await activations.put(document, keep);
          kept.resolve();
          await new Promise(() => {});
        };
        await using bus = openBus(stage);
        const { station, taken } = openStation(stage, bus, { put, restartWorkAgeMs: ageMs });
        if (ageMs > 0) void finish(station, await waitFor(() => taken[0]), 1);
        await kept.promise;
      }
      await using bus = openBus(stage);
      const { station, taken } = openStation(stage, bus);
      await using _ = station;
      await waitFor(() => bus.waiting("work") === 0 || undefined);
      assert.deepEqual([bus.waiting("letters"), taken], [1, []]);
    },
  );
}

function toTrying(attempt: number): Required<Pick<ActivationMessage, "trying">> {
  const policy = { times: 2, backoffMs: 60_000 };
  return { trying: { policy, attempt, first: createActivationId() } };
}

/** Taken, and begun. */
async function begin(bus: Bus, { station, taken }: ReturnType<typeof openStation>): Promise<Work> {
  await publish(bus, createMessage(toTrying(1)));
  const work = await waitFor(() => taken[0]);
  assert.ok(await station.markStarted(work));
  return work;
}

function finish(station: Station, work: Work, statusCode: 0 | 1 = 0): Promise<void> {
  const response = { statusCode, result: "{}" as RawJson } as const;
  const record = toFallbackRecord(work.message, response, { now: Date.now() });
  return station.run(work, () => station.finish(work, record));
}

onStage("what goes well while the platform stops is not tried again", async (stage) => {
  await using bus = openBus(stage);
  const { activations } = stage.stores;
  const keeping = Promise.withResolvers<void>();
  const kept = Promise.withResolvers<void>();
  const opened = openStation(stage, bus, {
    put: async (document, keep) => {
      keeping.resolve();
      await kept.promise;
      await activations.put(document, keep);
    },
  });
  const work = await begin(bus, opened);
  const finished = finish(opened.station, work);
  await keeping.promise;
  const stopped = opened.station[Symbol.asyncDispose]();
  kept.resolve();
  await Promise.all([finished, stopped]);
  const record = await activations.get(GUEST, work.message.activationId);
  assert.match(record?.response ?? "", /"success":true/);
  assert.equal(bus.waiting("work"), 0);
});

onStage(
  "a stop does not wait for what cannot be recorded: the next start does it",
  async (stage) => {
    let id: ActivationId;
    {
      await using bus = openBus(stage);
      const put = () => Promise.reject(failure("storage-full"));
      const opened = openStation(stage, bus, { put });
      const work = await begin(bus, opened);
      id = work.message.activationId;
      const finished = finish(opened.station, work);
      await opened.station[Symbol.asyncDispose]();
      await assert.rejects(finished, { name: "AbortError" });
    }
    await using bus = openBus(stage);
    await using _ = openStation(stage, bus).station;
    const record = await waitFor(() => stage.stores.activations.get(GUEST, id));
    assert.match(record.response, /abandoned/);
  },
);
