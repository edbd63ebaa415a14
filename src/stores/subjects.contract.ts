// What every store of subjects does.

import assert from "node:assert/strict";
import type { EntityName } from "../entities/names.ts";
import type { Subject } from "../entities/subject.ts";
import { onFreshStores, type StoreUnderTest } from "./contract-fixture.ts";
import type { SubjectStore } from "./port.ts";

function subject(name: string, namespaces: readonly string[]): Subject {
  return {
    subject: name,
    namespaces: namespaces.map((namespace) => ({
      name: namespace as EntityName,
      uuid: `uuid of ${name} in ${namespace}`,
      key: "k".repeat(64),
    })),
  };
}

export function testSubjects(
  name: string,
  create: () => Promise<StoreUnderTest<SubjectStore>>,
): void {
  const storeTest = onFreshStores(name, create);

  storeTest("a subject is found by its name, by a key's uuid and by a namespace", async (store) => {
    const alice = subject("alice", ["alice", "team"]);
    const bobby = { ...subject("bobby", ["team"]), blocked: true };
    await store.put(alice);
    await store.put(bobby);
    assert.deepEqual(await store.get("alice"), alice);
    assert.deepEqual(await store.findByUuid("uuid of alice in team"), [alice]);
    assert.deepEqual(await store.findByNamespace("team"), [alice, bobby]);
    assert.deepEqual(await store.list(), [alice, bobby]);
    assert.equal(await store.get("nobody"), undefined);
  });

  storeTest("what is replaced or deleted is found no more", async (store) => {
    await store.put(subject("alice", ["alice"]));
    await store.put(subject("alice", ["team"]));
    assert.deepEqual(await store.findByNamespace("alice"), []);
    assert.equal(await store.delete("alice"), true);
    assert.equal(await store.delete("alice"), false);
    assert.deepEqual(await store.findByNamespace("team"), []);
  });

  storeTest("limits are kept by namespace, whatever becomes of the subjects", async (store) => {
    assert.equal(await store.getLimits("team"), undefined);
    await store.putLimits("team", { invocationsPerMinute: 1, allowedKinds: ["nodejs:24"] });
    assert.deepEqual(await store.getLimits("team"), {
      invocationsPerMinute: 1,
      allowedKinds: ["nodejs:24"],
    });
    assert.equal(await store.deleteLimits("team"), true);
    assert.equal(await store.deleteLimits("team"), false);
  });

  storeTest("a change by somebody else is told", async (store, under) => {
    await using other = await under.open();
    const told = new Promise<void>((resolve) => store.onChange(resolve));
    await other.put(subject("alice", ["alice"]));
    await told;
    assert.equal((await store.get("alice"))?.subject, "alice");
  });
}
