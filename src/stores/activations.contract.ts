// What every store of activations does.

import assert from "node:assert/strict";
import { type ActivationDocument, type StatusCode, toDocument } from "../entities/activation.ts";
import type { EntityName } from "../entities/names.ts";
import { type ActivationId, createActivationId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { onFreshStores, type StoreUnderTest } from "./contract-fixture.ts";
import type { ActivationStore, JsonPieces } from "./port.ts";

const GUEST = "guest" as EntityName;

export function activation(
  over: {
    id?: ActivationId;
    name?: string;
    start?: number;
    /** Where it took longer than usual. */
    end?: number;
    statusCode?: StatusCode;
    namespace?: string;
  } = {},
): ActivationDocument {
  const start = over.start ?? RECORD.start;
  return toDocument({
    ...RECORD,
    activationId: over.id ?? createActivationId(),
    namespace: (over.namespace ?? "guest") as EntityName,
    name: (over.name?.split("/").at(-1) ?? "hello") as EntityName,
    filterName: over.name ?? "hello",
    start,
    end: over.end ?? start + RECORD.duration,
    response: { ...RECORD.response, statusCode: over.statusCode ?? 0 },
  });
}

/** What a list holds. */
export function toValues(pieces: JsonPieces): readonly Record<string, unknown>[] {
  return JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>[];
}

const RECORD = {
  namespace: GUEST,
  subject: "guest",
  name: "hello" as EntityName,
  filterName: "hello",
  version: "0.0.1",
  start: 1000,
  end: 1005,
  duration: 5,
  annotations: [{ key: "path", value: "guest/hello" }],
  response: { statusCode: 0, result: '{"a":"\\n"}' as RawJson, size: 9 },
  logs: ["2026-01-01T00:00:00.000000000Z stdout: é\\n"],
} as const;

export function testActivations(
  name: string,
  create: () => Promise<StoreUnderTest<ActivationStore>>,
): void {
  const storeTest = onFreshStores(name, create);

  storeTest("a record is there as soon as it is put, and as it was", async (store) => {
    for (const keep of ["written", "durable"] as const) {
      const document = activation();
      await store.put(document, keep);
      assert.deepEqual(await store.get(GUEST, document.activationId), document);
      assert.equal(await store.has(document.activationId), true);
    }
  });

  storeTest("what is not there is not found, nor is another namespace's", async (store) => {
    const document = activation();
    await store.put(document, "durable");
    assert.equal(await store.get("other" as EntityName, document.activationId), undefined);
    assert.equal(await store.get(GUEST, createActivationId()), undefined);
    assert.equal(await store.has(createActivationId()), false);
  });

  storeTest("of two records with one id the first stands", async (store) => {
    const id = createActivationId();
    await store.put(activation({ id, statusCode: 0 }), "durable");
    await store.put(activation({ id, statusCode: 3 }), "durable");
    assert.equal((await store.get(GUEST, id))?.statusCode, 0);
    assert.equal(await store.count({ namespace: GUEST, skip: 0, limit: 10 }), 1);
    await store.put(activation({ id, statusCode: 2 }), "durable");
    assert.equal((await store.get(GUEST, id))?.statusCode, 0);
  });

  storeTest(
    "a list has the newest first, from since to upto inclusive, skipping and limited",
    async (store) => {
      for (const start of [3, 1, 2, 5, 4]) await store.put(activation({ start }), "written");
      await store.put(activation({ start: 3, namespace: "other" }), "written");
      const list = async (over: object) => {
        const page = { namespace: GUEST, skip: 0, limit: 30, ...over };
        const listed = toValues(await store.list(page, false));
        return listed.map(({ start }) => start);
      };
      assert.deepEqual(await list({}), [5, 4, 3, 2, 1]);
      assert.deepEqual(await list({ since: 2, upto: 4 }), [4, 3, 2]);
      assert.deepEqual(await list({ skip: 1, limit: 2 }), [4, 3]);
      assert.equal(
        await store.count({ namespace: GUEST, since: 2, upto: 4, skip: 1, limit: 1 }),
        3,
      );
    },
  );

  storeTest("a list by name has that name only", async (store) => {
    await store.put(activation({ name: "a" }), "written");
    await store.put(activation({ name: "pkg/a" }), "written");
    const query = { namespace: GUEST, skip: 0, limit: 30 };
    assert.equal(await store.count({ ...query, filterName: "a" }), 1);
    assert.equal(toValues(await store.list({ ...query, filterName: "pkg/a" }, false)).length, 1);
  });

  storeTest("entries are summaries, or whole records", async (store) => {
    const document = activation({ statusCode: 1 });
    await store.put(document, "written");
    const query = { namespace: GUEST, skip: 0, limit: 30 };
    const [summary] = toValues(await store.list(query, false));
    assert.deepEqual(summary, {
      ...(JSON.parse(`${document.head}}`) as object),
      statusCode: 1,
    });
    const [whole] = toValues(await store.list(query, true));
    const { response, logs, subject } = whole ?? {};
    assert.deepEqual(response, JSON.parse(document.response));
    assert.deepEqual(logs, JSON.parse(document.logs));
    assert.equal(subject, "guest");
  });

  storeTest("a list of large records comes in pieces, with all of them in order", async (store) => {
    const logs = JSON.stringify(["é".repeat(300_000)]) as RawJson;
    for (let start = 0; start < 9; start++) {
      await store.put({ ...activation({ start }), logs }, "written");
    }
    const pieces = await store.list({ namespace: GUEST, skip: 1, limit: 7 }, true);
    assert.ok(pieces.length > 1);
    const listed = toValues(pieces);
    assert.deepEqual(
      listed.map(({ start }) => start),
      [7, 6, 5, 4, 3, 2, 1],
    );
    assert.ok(listed.every((record) => JSON.stringify(record["logs"]) === logs));
    const none = await store.list({ namespace: "none" as EntityName, skip: 0, limit: 7 }, true);
    assert.deepEqual(toValues(none), []);
  });

  storeTest("what has no end has neither end nor status code in a list", async (store) => {
    const { end: _, duration: _d, ...fired } = RECORD;
    const document = toDocument({ ...fired, activationId: createActivationId() });
    await store.put(document, "durable");
    // Before and after it has gone from the journal to the database.
    assert.deepEqual(await store.get(GUEST, document.activationId), document);
    const page = { namespace: GUEST, skip: 0, limit: 1 };
    const [shown = {}] = toValues(await store.list(page, false));
    for (const field of ["end", "duration", "statusCode"]) assert.ok(!(field in shown), field);
    assert.deepEqual(await store.get(GUEST, document.activationId), document);
  });

  storeTest("records outlive the store", async (store, under) => {
    const document = activation();
    await store.put(document, "written");
    await store[Symbol.asyncDispose]();
    await using again = await under.open();
    assert.deepEqual(await again.get(GUEST, document.activationId), document);
  });
}
