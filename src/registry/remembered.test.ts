import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action } from "../entities/action.ts";
import type { DocumentId } from "../entities/names.ts";
import { MB } from "../kernel/units.ts";
import type { Revision } from "../stores/port.ts";
import { Remembered } from "./remembered.ts";
import type { ResolvedAction } from "./remembered-actions.ts";

const id = (text: string) => text as DocumentId;
const NAME = id("guest/b/a");
const MADE_OF = ["guest/b", "other/p", "other/p/a"].map(id);

function resolved(document: object = {}): ResolvedAction {
  const found = {
    type: "action",
    revision: "1" as Revision,
    document: document as Action,
  } as const;
  return { found, aliases: new Map(), isShared: false, madeOf: MADE_OF };
}

test("what was read is remembered, until something that it was made of changes", async () => {
  for (const part of MADE_OF) {
    const remembered = new Remembered<ResolvedAction>({ charactersMax: 32 * MB });
    const action = await remembered.load(NAME, async () => resolved());
    assert.equal(remembered.get(NAME), action);
    await remembered.changing([id("guest/other")], async () => {});
    assert.equal(remembered.get(NAME), action);
    await remembered.changing([part], async () => {});
    assert.equal(remembered.get(NAME), undefined, part);
  }
});

test("a write that fails forgets too", async () => {
  const remembered = new Remembered<ResolvedAction>({ charactersMax: 32 * MB });
  await remembered.load(NAME, async () => resolved());
  const failing = remembered.changing([id("other/p/a")], () =>
    Promise.reject(new Error("no answer")),
  );
  await assert.rejects(failing, /no answer/);
  assert.equal(remembered.get(NAME), undefined);
});

test("what was read while a write ended is not remembered", async () => {
  const remembered = new Remembered<ResolvedAction>({ charactersMax: 32 * MB });
  await remembered.load(NAME, async () => {
    await remembered.changing([id("guest/b")], async () => {});
    return resolved();
  });
  assert.equal(remembered.get(NAME), undefined);
});

test("what was forgotten is remembered again when it is read again", async () => {
  const remembered = new Remembered<ResolvedAction>({ charactersMax: 32 * MB });
  for (let round = 0; round < 2; round++) {
    await remembered.load(NAME, async () => resolved());
    assert.notEqual(remembered.get(NAME), undefined);
    await remembered.changing([id("other/p")], async () => {});
    assert.equal(remembered.get(NAME), undefined);
  }
});

test("what is remembered is bounded", async () => {
  const remembered = new Remembered<ResolvedAction>({ charactersMax: 32 * MB });
  const large = { text: "x".repeat(1024 * 1024) };
  const names = Array.from({ length: 40 }, (_, index) => id(`guest/b/a${index}`));
  for (const name of names) await remembered.load(name, async () => resolved(large));
  const kept = names.filter((name) => remembered.get(name) !== undefined);
  assert.ok(kept.length < 32, `${kept.length} MB`);
});
