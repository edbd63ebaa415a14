// How often finding an action reads the store: the way of every invocation.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Action } from "../entities/action.ts";
import type { SystemLimits } from "../entities/limits.ts";
import type { EntityName, EntityPath, QualifiedName } from "../entities/names.ts";
import { idOf, toVersionId } from "../entities/names.ts";
import type { Package } from "../entities/package.ts";
import type { RuntimeManifest } from "../entities/runtime-manifest.ts";
import type { Identity } from "../entities/subject.ts";
import { MB } from "../kernel/units.ts";
import type { EntityStore, EntityType } from "../stores/port.ts";
import { openSqliteStores } from "../stores/sqlite/open.ts";
import { type ActionRegistry, createActionRegistry } from "./actions.ts";
import { createPackageRegistry, type PackageRegistry } from "./packages.ts";
import { Remembered } from "./remembered.ts";
import type { ResolvedAction } from "./remembered-actions.ts";

const guest = "guest" as EntityName;
const identity: Identity = {
  subject: "guest",
  namespace: { name: guest, uuid: "" },
  apiKey: "",
  limits: {},
};
const common = { version: "0.0.1", parameters: [], annotations: [], publish: false, updated: 1 };

function named(path: string): { readonly namespace: EntityPath; readonly name: EntityName } {
  const parts = path.split("/");
  return {
    namespace: parts.slice(0, -1).join("/") as EntityPath,
    name: parts.at(-1) as EntityName,
  };
}

async function put(
  store: EntityStore,
  {
    type,
    ...document
  }: (Partial<Action> | Partial<Package>) & {
    readonly type: EntityType;
    readonly namespace: EntityPath;
    readonly name: EntityName;
  },
): Promise<void> {
  await store.put({ id: idOf(document), type, document: { ...common, ...document } });
}

interface Fixture {
  readonly store: EntityStore;
  readonly registry: ActionRegistry;
  readonly packages: PackageRegistry;
  /** Documents that are read while something is found. */
  readsOf(find: () => Promise<unknown>): Promise<number>;
}

async function withRegistry(body: (fixture: Fixture) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "brisk-registry-"));
  try {
    await using stores = await openSqliteStores(directory);
    const { entities: store } = stores;
    let reads = 0;
    const entities: EntityStore = {
      ...store,
      get: (...given) => {
        reads++;
        return store.get(...given);
      },
    };
    const remembered = new Remembered<ResolvedAction>({ charactersMax: MB });
    const clock = () => 2;
    const registry = createActionRegistry({
      entities,
      clock,
      random: () => 0,
      versions: { countMax: 0, ageMsMax: 0 },
      remembered,
      limits: {} as SystemLimits,
      manifest: {} as RuntimeManifest,
    });
    const packages = createPackageRegistry({ entities, clock, remembered });
    const readsOf = async (find: () => Promise<unknown>) => {
      reads = 0;
      await find();
      return reads;
    };
    await body({ store, registry, packages, readsOf });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const exec = { kind: "nodejs:24", code: "", binary: false };

test("what was found before is found without reading, in packages and through bindings too", async () => {
  await withRegistry(async ({ store, registry, packages, readsOf }) => {
    const binding = { namespace: guest, name: "tools" as EntityName };
    await put(store, { type: "package", ...named("guest/tools"), binding: {} });
    await put(store, { type: "package", ...named("guest/bound"), binding });
    await put(store, { type: "action", ...named("guest/alone"), exec });
    await put(store, { type: "action", ...named("guest/tools/a"), exec });

    const find = (name: QualifiedName) => readsOf(() => registry.find(name, identity));
    const alone = { namespace: guest, name: "alone" as EntityName };
    const inPackage = { namespace: guest, package: binding.name, name: "a" as EntityName };
    const bound = { ...inPackage, package: "bound" as EntityName };
    const all = async () => [await find(alone), await find(inPackage), await find(bound)];
    assert.deepEqual(await all(), [1, 2, 3]);
    assert.deepEqual(await all(), [0, 0, 0]);
    const change = (name: EntityName) =>
      packages.put({ name: { namespace: guest, name }, request: {}, overwrite: true, identity });
    await change(bound.package);
    assert.deepEqual(await all(), [0, 0, 3]);
    await change(inPackage.package);
    assert.deepEqual(await all(), [0, 2, 3]);
    await registry.delete(alone);
    await assert.rejects(find(alone), { code: "resource-missing" });
  });
});

test("a version that an alias chose before is found without reading too", async () => {
  await withRegistry(async ({ store, registry, readsOf }) => {
    const aliases = { key: "aliases", value: { default: { "0.0.1": 1 } } };
    const first = { ...common, ...named("guest/aliased"), exec };
    await put(store, { type: "action", ...first, version: "0.0.2", annotations: [aliases] });
    const kept = { ...first, runsAs: "1-a", replacedAt: 1 };
    await store.put({ id: toVersionId(idOf(first), "0.0.1"), type: "version", document: kept });

    const name = { namespace: guest, name: "aliased" as EntityName };
    const run = () => registry.findToRun(name, identity);
    // The current one, to see what its alias says; then what that chose.
    assert.equal(await readsOf(run), 3);
    assert.equal(await readsOf(run), 0);
    const { document, revision, alias } = await run();
    assert.deepEqual([document.version, revision, alias], ["0.0.1", "1-a", "default"]);
  });
});
