import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { withDirectory } from "../journal/disk-fixture.ts";
import { failure } from "../kernel/errors.ts";
import { type ActivationId, createActivationId, createTransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { toBytes } from "../kernel/payload.ts";
import { type ActivationMessage, encodeActivation } from "../messages/activation-message.ts";
import type { IdempotencyStore } from "../stores/port.ts";
import { openSqliteStores } from "../stores/sqlite/open.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";

const GUEST = "guest" as EntityName;
const KEYED = { namespace: GUEST, key: "k", request: "r" };
const log = pino({ enabled: false });
const accepted = async () => {};

function onKeys(
  title: string,
  run: (keys: IdempotencyStore, open: () => IdempotencyKeys) => Promise<void>,
): void {
  test(title, () =>
    withDirectory(async (directory) => {
      await using stores = await openSqliteStores(directory);
      await using opened = new AsyncDisposableStack();
      const keys = stores.idempotency;
      const options = { keys, activations: stores.activations, clock: Date.now, log };
      await run(keys, () => opened.use(new IdempotencyKeys(options)));
    }),
  );
}

function reserve(keys: IdempotencyStore, key: string): Promise<ActivationId> {
  const activationId = createActivationId();
  const at = Date.now();
  return keys.reserve({ ...KEYED, key, activationId, at }).then(() => activationId);
}

/** A message whose arguments look like a key's. */
function message(
  acceptance?: ActivationId,
  content = "{}",
  more: Partial<ActivationMessage> = {},
): Buffer {
  const encodable = encodeActivation({
    activationId: createActivationId(),
    transaction: [createTransactionId(), 0],
    action: { id: "guest/a", revision: "1", version: "0.0.1" },
    user: { subject: "guest", namespace: { name: GUEST, uuid: "" } } as Identity,
    replyTo: "",
    blocking: false,
    initKeys: [],
    ...(acceptance === undefined ? {} : { acceptance }),
    content: content as RawJson,
    ...more,
  });
  return toBytes(encodable);
}

onKeys(
  "after a crash a key stands for what is on the bus, and else for nothing",
  async (keys, open) => {
    const published = await reserve(keys, "published");
    const unpublished = await reserve(keys, "unpublished");
    const done = await reserve(keys, "done");
    await keys.confirm(done);
    const idempotency = open();
    const posing = message(undefined, `{"acceptance":"${unpublished}"}`);
    const messages = [Buffer.from('"acceptance": no message'), posing, message(published)];
    await idempotency.recover(() => messages);
    assert.deepEqual(await keys.unconfirmed(), []);
    const mustNot = () => assert.fail("it is accepted already");
    assert.equal(await idempotency.accept({ ...KEYED, key: "published" }, mustNot), published);
    assert.equal(await idempotency.accept({ ...KEYED, key: "done" }, mustNot), done);
    assert.notEqual(
      await idempotency.accept({ ...KEYED, key: "unpublished" }, accepted),
      unpublished,
    );
  },
);

test("a firing that a crash cut short has a line for each rule, however often that was tried", () =>
  withDirectory(async (directory) => {
    await using stores = await openSqliteStores(directory);
    const { idempotency: keys, activations } = stores;
    await using opened = new IdempotencyKeys({ keys, activations, clock: Date.now, log });
    const firing = await reserve(keys, "fired");
    const user = { subject: "guest", namespace: { name: GUEST, uuid: "" }, limits: {} };
    const fired = { trigger: "t" as EntityName, version: "0.0.1", rule: "guest/r" };
    const first = createActivationId();
    const toTry = (attempt: number) => ({
      user: user as unknown as Identity,
      fired,
      ...(attempt === 1 ? { activationId: first } : {}),
      trying: { policy: { times: 2, backoffMs: 10 }, attempt, first },
    });
    await opened.recover(() => [1, 2].map((attempt) => message(firing, "{}", toTry(attempt))));
    const record = await activations.get(GUEST, firing);
    const lines = (JSON.parse(record?.logs ?? "") as string[]).map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ rule, activationId }) => [rule, activationId]),
      [["guest/r", first]],
    );
  }));

onKeys("where all keys are confirmed, no message is looked at", async (keys, open) => {
  await keys.confirm(await reserve(keys, "k"));
  await open().recover(() => assert.fail("messages are read"));
});

onKeys("what is refused leaves the key free, and whoever waits hears the same", async (_, open) => {
  const idempotency = open();
  const refuse = async () => {
    throw failure("bus-full", { waiting: 1 });
  };
  const both = [1, 2].map(() => idempotency.accept(KEYED, refuse));
  for (const each of both) await assert.rejects(each, { code: "bus-full" });
  const other = { ...KEYED, request: "other" };
  const id = await idempotency.accept(other, accepted);
  assert.equal(await idempotency.accept(other, refuse), id);
  await assert.rejects(idempotency.accept(KEYED, accepted), { code: "idempotency-key-reused" });
});

onKeys("while the first is being accepted, another request is refused at once", async (_, open) => {
  const idempotency = open();
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = idempotency.accept(KEYED, () => promise);
  const other = idempotency.accept({ ...KEYED, request: "other" }, accepted);
  await assert.rejects(other, { code: "idempotency-key-reused" });
  const repeated = idempotency.accept(KEYED, accepted);
  resolve();
  assert.equal(await repeated, await first);
});

onKeys("a key whose release failed stands for nothing", async (keys, open) => {
  const left = await reserve(keys, "k");
  const id = await open().accept({ ...KEYED, request: "other" }, accepted);
  assert.notEqual(id, left);
});
