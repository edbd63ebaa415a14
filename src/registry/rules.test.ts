import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { EntityName, EntityPath, QualifiedName } from "../entities/names.ts";
import { idOf, toDocumentId } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import type { RuleLink, Trigger } from "../entities/trigger.ts";
import { updateTrigger } from "../entities/trigger-update.ts";
import { Turns } from "../kernel/turns.ts";
import type { EntityStore } from "../stores/port.ts";
import { openSqliteStores } from "../stores/sqlite/open.ts";
import { Remembered } from "./remembered.ts";
import { createRuleRegistry } from "./rules.ts";
import type { RememberedTrigger } from "./triggers.ts";

const namespace = "guest" as EntityName;
const ACTION = { path: "guest" as EntityPath, name: "action" as EntityName };
const IDENTITY: Identity = {
  subject: "guest",
  namespace: { name: namespace, uuid: "" },
  apiKey: "",
  limits: {},
};

function toName(name: string): QualifiedName {
  return { namespace, name: name as EntityName };
}

async function withStore(work: (entities: EntityStore) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "brisk-rules-"));
  try {
    await using stores = await openSqliteStores(directory);
    await work(stores.entities);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As a process of its own has it: others' turns are not known to it. */
function openRegistry(entities: EntityStore) {
  const actions = { find: async () => ({}) };
  const remembered = new Remembered<RememberedTrigger>({ charactersMax: 0 });
  const turns = new Turns();
  const rules = createRuleRegistry({ entities, actions, remembered, turns, clock: () => 1 });
  const put = (name: string, trigger: string) =>
    rules.put({
      name: toName(name),
      request: { trigger: toName(trigger), action: toName("action") },
      overwrite: true,
      identity: IDENTITY,
    });
  return { ...rules, put, delete: (name: string) => rules.delete(toName(name)) };
}

async function putTrigger(entities: EntityStore, name: string, rules = {}): Promise<void> {
  const trigger = updateTrigger({ name: toName(name), request: {}, now: 1 });
  const document = { ...trigger, rules };
  await entities.put({ id: idOf(document), type: "trigger", document });
}

async function readLinks(entities: EntityStore, name: string): Promise<readonly string[]> {
  const found = await entities.get(toDocumentId(toName(name)));
  return Object.keys((found?.document as Trigger | undefined)?.rules ?? {});
}

test("of two processes that change one rule one is told of the conflict, and nothing is half done", async () => {
  await withStore(async (entities) => {
    const [one, other] = [openRegistry(entities), openRegistry(entities)];
    for (const name of ["a", "b"]) await putTrigger(entities, name);
    await one.put("rule", "a");
    const results = await Promise.allSettled([one.put("rule", "b"), other.delete("rule")]);
    const failed = results.flatMap((result) =>
      result.status === "rejected" ? [(result.reason as { code: string }).code] : [],
    );
    assert.deepEqual(failed, ["conflict"]);
    const rule = await entities.get(toDocumentId(toName("rule")));
    assert.deepEqual(await readLinks(entities, "a"), []);
    assert.deepEqual(await readLinks(entities, "b"), rule === undefined ? [] : ["guest/rule"]);
  });
});

test("a trigger has so many rules and no more, and those it has may be changed", async () => {
  await withStore(async (entities) => {
    const link: RuleLink = { action: ACTION, status: "active" };
    const links = Array.from({ length: 1999 }, (_, index) => [`guest/r${index}`, link]);
    await putTrigger(entities, "full", Object.fromEntries(links));
    const { put } = openRegistry(entities);
    await put("last", "full");
    await put("last", "full");
    await assert.rejects(put("beyond", "full"), {
      code: "invalid",
      message: "trigger /guest/full has 2000 rules, which is the most that one may have",
    });
    assert.equal(await entities.get(toDocumentId(toName("beyond"))), undefined);
  });
});
