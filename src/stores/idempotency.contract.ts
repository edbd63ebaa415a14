// What every store of idempotency keys does.

import assert from "node:assert/strict";
import type { EntityName } from "../entities/names.ts";
import { createActivationId } from "../kernel/ids.ts";
import { HOUR_MS } from "../kernel/units.ts";
import { onFreshStores, type StoreUnderTest } from "./contract-fixture.ts";
import type { IdempotencyStore, KeyReservation } from "./port.ts";

/** How many keys of a namespace the store under test takes. */
export const KEYS_MAX = 5;
const DAY_MS = 24 * HOUR_MS;
const AT = 100 * DAY_MS;

function reservation(over: Partial<KeyReservation> = {}): KeyReservation {
  return {
    namespace: "guest" as EntityName,
    key: "k",
    request: "r",
    activationId: createActivationId(),
    at: AT,
    ...over,
  };
}

export function testIdempotency(
  name: string,
  create: () => Promise<StoreUnderTest<IdempotencyStore>>,
): void {
  const storeTest = onFreshStores(name, create);

  storeTest("a key stands for what it was reserved for first", async (store) => {
    const first = reservation();
    assert.equal(await store.reserve(first), undefined);
    const { request, activationId } = first;
    const known = { request, activationId, isConfirmed: false };
    assert.deepEqual(await store.reserve(reservation({ request: "other" })), known);
    await store.confirm(activationId);
    assert.deepEqual(await store.reserve(reservation()), { ...known, isConfirmed: true });
  });

  storeTest("of many reservations of a key at a time one is the first", async (store) => {
    const asked = Array.from({ length: 50 }, () => reservation());
    const known = await Promise.all(asked.map((each) => store.reserve(each)));
    const first = asked.filter((_, index) => known[index] === undefined);
    assert.equal(first.length, 1);
    const ids = new Set(known.flatMap((each) => each?.activationId ?? []));
    assert.deepEqual([...ids], [first[0]?.activationId]);
  });

  storeTest("namespaces do not see each other's", async (store) => {
    assert.equal(await store.reserve(reservation()), undefined);
    const other = reservation({ namespace: "other" as EntityName });
    assert.equal(await store.reserve(other), undefined);
  });

  storeTest("a released key is free, a confirmed one is not released", async (store) => {
    const [first, second] = [reservation(), reservation()];
    await store.reserve(first);
    await store.release(first.activationId);
    assert.equal(await store.reserve(second), undefined);
    await store.confirm(second.activationId);
    await store.confirm(second.activationId);
    await store.release(second.activationId);
    assert.equal((await store.reserve(reservation()))?.activationId, second.activationId);
    await store.confirm(createActivationId());
  });

  storeTest("a key is known for a day", async (store) => {
    const first = reservation();
    await store.reserve(first);
    await store.confirm(first.activationId);
    const later = (at: number) => store.reserve(reservation({ at }));
    assert.equal((await later(AT + DAY_MS))?.activationId, first.activationId);
    assert.equal(await later(AT + DAY_MS + 1), undefined);
  });

  storeTest("a namespace has so many, and what goes makes room", async (store) => {
    const keys = Array.from({ length: KEYS_MAX }, (_, index) => reservation({ key: `${index}` }));
    for (const each of keys) assert.equal(await store.reserve(each), undefined);
    await assert.rejects(store.reserve(reservation()), { code: "too-many-keys" });
    const other = reservation({ namespace: "other" as EntityName });
    assert.equal(await store.reserve(other), undefined);
    await store.release(keys[0]?.activationId ?? createActivationId());
    assert.equal(await store.reserve(reservation()), undefined);
    await assert.rejects(store.reserve(reservation({ key: "more" })), { code: "too-many-keys" });
    assert.equal(await store.reserve(reservation({ key: "1", at: AT + 2 * DAY_MS })), undefined);
  });

  storeTest("keys outlive the store, and those not confirmed are told", async (store, under) => {
    const [first, second] = [reservation(), reservation({ key: "second" })];
    await store.reserve(first);
    await store.reserve(second);
    await store.confirm(second.activationId);
    await store[Symbol.asyncDispose]();
    await using again = await under.open();
    assert.deepEqual(await again.unconfirmed(), [first.activationId]);
    assert.equal((await again.reserve(reservation()))?.activationId, first.activationId);
  });
}
