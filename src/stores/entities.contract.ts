// What every store of entities does.

import assert from "node:assert/strict";
import type { CodeAction } from "../entities/action.ts";
import {
  type DocumentId,
  type EntityName,
  type EntityPath,
  toVersionId,
} from "../entities/names.ts";
import { onFreshStores, type StoreUnderTest } from "./contract-fixture.ts";
import type { EntityStore, Revision } from "./port.ts";

function action(over: Partial<CodeAction> = {}): CodeAction {
  return {
    namespace: "guest" as EntityPath,
    name: "hello" as EntityName,
    version: "0.0.1",
    exec: { kind: "nodejs:24", code: "function main() {}", binary: false },
    parameters: [{ key: "a", value: { deep: [1, null] } }],
    annotations: [],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    publish: false,
    updated: 1000,
    ...over,
  };
}

function toId({ namespace, name }: CodeAction): DocumentId {
  return `${namespace}/${name}` as DocumentId;
}

function put(store: EntityStore, document: CodeAction, replaces?: Revision): Promise<Revision> {
  const given = { id: toId(document), type: "action", document } as const;
  return store.put(replaces === undefined ? given : { ...given, replaces });
}

function putPackage(store: EntityStore, name: string, over: object = {}): Promise<Revision> {
  const document = {
    namespace: "guest" as EntityPath,
    name: name as EntityName,
    binding: {},
    publish: false,
    updated: 1,
    ...over,
  };
  return store.put({ id: `guest/${name}` as DocumentId, type: "package", document });
}

export function testEntities(
  name: string,
  create: () => Promise<StoreUnderTest<EntityStore>>,
): void {
  const storeTest = onFreshStores(name, create);

  storeTest("a document is there as it was put, with its code where asked for", async (store) => {
    const document = action();
    const revision = await put(store, document);
    assert.deepEqual(await store.get(toId(document), { code: true }), {
      type: "action",
      revision,
      document,
    });
    const { code: _, ...exec } = document.exec;
    const bare = await store.get(toId(document));
    assert.deepEqual(bare?.document, { ...document, exec });
  });

  storeTest("what is not there is not found", async (store) => {
    assert.equal(await store.get("guest/none" as DocumentId), undefined);
  });

  storeTest("of two writers on one revision one succeeds", async (store) => {
    const first = await put(store, action());
    const results = await Promise.allSettled([
      put(store, action({ version: "0.0.2" }), first),
      put(store, action({ version: "0.0.3" }), first),
    ]);
    const failed = results.filter((result) => result.status === "rejected");
    assert.deepEqual(
      failed.map(({ reason }) => (reason as { code: string }).code),
      ["conflict"],
    );
  });

  storeTest("creating what exists, and replacing what does not, is a conflict", async (store) => {
    const revision = await put(store, action());
    await assert.rejects(put(store, action()), { code: "conflict" });
    await store.delete(toId(action()), revision);
    await assert.rejects(put(store, action(), revision), { code: "conflict" });
  });

  storeTest("deleting wants the revision, and takes the code along", async (store) => {
    const first = await put(store, action());
    const second = await put(store, action(), first);
    await assert.rejects(store.delete(toId(action()), first), { code: "conflict" });
    await store.delete(toId(action()), second);
    assert.equal(await store.get(toId(action()), { code: true }), undefined);
  });

  storeTest("a document that is made again has another revision", async (store) => {
    const first = await put(store, action());
    await store.delete(toId(action()), first);
    assert.notEqual(await put(store, action()), first);
  });

  storeTest("several are changed together, or none of them", async (store) => {
    const [kept, gone] = [action(), action({ name: "gone" as EntityName })];
    const made = action({ name: "made" as EntityName });
    const [first, second] = [await put(store, kept), await put(store, gone)];
    const put1 = {
      id: toId(kept),
      type: "action",
      document: { ...kept, version: "9.9.9" },
    } as const;
    const put2 = { id: toId(made), type: "action", document: made } as const;
    const wrong = { id: toId(gone), deletes: first };
    await assert.rejects(store.change([{ ...put1, replaces: first }, put2, wrong]), {
      code: "conflict",
    });
    assert.equal((await store.get(toId(kept)))?.revision, first);
    assert.equal(await store.get(toId(made)), undefined);
    await store.change([{ ...put1, replaces: first }, put2, { ...wrong, deletes: second }]);
    const whole = await store.get(toId(kept), { code: true });
    assert.deepEqual(whole?.document, put1.document);
    assert.notEqual(await store.get(toId(made)), undefined);
    assert.equal(await store.get(toId(gone)), undefined);
  });

  storeTest(
    "a namespace lists its packages' actions too, a package only its own, newest first",
    async (store) => {
      await put(store, action({ updated: 1 }));
      await putPackage(store, "tools");
      const packaged = { namespace: "guest/tools" as EntityPath, name: "b" as EntityName };
      await put(store, action({ ...packaged, updated: 3 }));
      await put(store, action({ name: "c" as EntityName, updated: 2 }));
      await put(store, action({ namespace: "other" as EntityPath }));
      const page = { skip: 0, limit: 30 };
      const names = async (path: string, over = {}) =>
        (await store.list("action", path as EntityPath, { ...page, ...over })).map(
          ({ document }) => document.name,
        );
      assert.deepEqual(await names("guest"), ["b", "c", "hello"]);
      assert.deepEqual(await names("guest", { skip: 1, limit: 1 }), ["c"]);
      assert.deepEqual(await names("guest/tools"), ["b"]);
      assert.equal(await store.count("action", "guest" as EntityPath), 3);
      assert.equal(await store.count("trigger", "guest" as EntityPath), 0);
      const [entry] = await store.list("action", "guest" as EntityPath, page);
      assert.equal((entry?.document as CodeAction | undefined)?.exec.code, undefined);
      assert.notEqual(entry, undefined);
    },
  );

  storeTest("nothing is in a package that is not there", async (store) => {
    const packaged = action({ namespace: "guest/tools" as EntityPath });
    await assert.rejects(put(store, packaged), { code: "conflict" });
    await put(store, action({ name: "tools" as EntityName }));
    await assert.rejects(put(store, packaged), { code: "conflict" });
    const revision = await putPackage(store, "box");
    const inside = action({ namespace: "guest/box" as EntityPath });
    const actionRevision = await put(store, inside);
    const box = "guest/box" as DocumentId;
    await assert.rejects(store.delete(box, revision), { code: "conflict" });
    await store.delete(toId(inside), actionRevision);
    await store.delete(box, revision);
  });

  storeTest(
    "an action's versions are listed by it alone, and hold their package",
    async (store) => {
      const box = "guest/box" as DocumentId;
      const revision = await putPackage(store, "box");
      const inside = action({ namespace: "guest/box" as EntityPath });
      const versions = ["0.0.1", "0.0.2"].map((version, replacedAt) => ({
        ...inside,
        version,
        replacedAt,
      }));
      const putVersion = async (id: DocumentId, document: CodeAction) => {
        await store.put({ id: toVersionId(id, document.version), type: "version", document });
      };
      for (const document of versions) await putVersion(toId(inside), document);
      for (const name of ["hello2", "hello.0.0.1", "hell"]) {
        await putVersion(`guest/box/${name}` as DocumentId, inside);
      }
      await putVersion("guest/hello" as DocumentId, inside);
      await put(store, inside);
      const listed = await store.listVersions(toId(inside));
      assert.deepEqual(
        listed
          .map(({ version, replacedAt }) => ({ version, replacedAt }))
          .toSorted((one, other) => one.replacedAt - other.replacedAt),
        versions.map(({ version, replacedAt }) => ({ version, replacedAt })),
      );
      const first = await store.get(toVersionId(toId(inside), "0.0.1"), { code: true });
      assert.deepEqual(first?.document, versions[0]);
      const page = { skip: 0, limit: 30 };
      assert.equal((await store.list("action", box as string as EntityPath, page)).length, 1);
      assert.equal(await store.count("action", "guest" as EntityPath), 1);
      const current = (await store.get(toId(inside)))?.revision;
      assert.ok(current);
      await store.delete(toId(inside), current);
      await assert.rejects(store.delete(box, revision), { code: "conflict" });
    },
  );

  storeTest("packages that others may use are listed apart", async (store) => {
    const binding = { namespace: "other", name: "b" };
    await putPackage(store, "private");
    await putPackage(store, "shared", { publish: true });
    await putPackage(store, "bound", { publish: true, binding });
    const path = "guest" as EntityPath;
    const names = async (shared: boolean) =>
      (await store.list("package", path, { skip: 0, limit: 30, shared })).map(
        ({ document }) => document.name as string,
      );
    assert.deepEqual((await names(false)).toSorted(), ["bound", "private", "shared"]);
    assert.deepEqual(await names(true), ["shared"]);
    assert.equal(await store.count("package", path), 3);
    assert.equal(await store.count("package", path, { shared: true }), 1);
  });

  storeTest("documents outlive the store", async (store, under) => {
    const code = "x".repeat(2 * 1024 * 1024);
    const document = action({ exec: { kind: "nodejs:24", code, binary: false } });
    const revision = await put(store, document);
    await store[Symbol.asyncDispose]();
    await using again = await under.open();
    assert.deepEqual(await again.get(toId(document), { code: true }), {
      type: "action",
      revision,
      document,
    });
  });
}
