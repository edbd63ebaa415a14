// Triggers as a namespace's owner sees them: found, put, deleted, listed. Their links to rules are
// written by rules.ts; a deleted trigger takes them along, and its rules are then inactive.

import { type EntityPath, type QualifiedName, toDocumentId } from "../entities/names.ts";
import type { Trigger } from "../entities/trigger.ts";
import { type TriggerRequest, updateTrigger } from "../entities/trigger-update.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Turns } from "../kernel/turns.ts";
import type { EntityStore, PageOptions } from "../stores/port.ts";
import { Collection } from "./collection.ts";
import type { MadeOf, Remembered } from "./remembered.ts";

/** A trigger with its links to rules, ready to be fired. */
export interface RememberedTrigger extends MadeOf {
  readonly trigger: Trigger;
}

export interface TriggerRegistryOptions {
  readonly entities: EntityStore;
  /** The same as the rules'. */
  readonly remembered: Remembered<RememberedTrigger>;
  /** The same as the rules', by namespace. */
  readonly turns: Turns;
  readonly clock: Clock;
}

export interface PutTrigger {
  readonly name: QualifiedName;
  readonly request: TriggerRequest;
  readonly overwrite: boolean;
}

export interface TriggerRegistry {
  /** Rejects with `resource-missing`, `other-type`. */
  get(name: QualifiedName): Promise<Trigger>;
  /** The same for a firing: one that is fired often is remembered until it, or a rule of it, changes. */
  findToFire(name: QualifiedName): Trigger | Promise<Trigger>;
  /** Rejects with `already-exists`, `conflict`, `other-type`, and what the update says. */
  put(put: PutTrigger): Promise<Trigger>;
  /** The deleted trigger. Its rules stay. Rejects with `resource-missing`, `other-type`, `conflict`. */
  delete(name: QualifiedName): Promise<Trigger>;
  list(path: EntityPath, page: PageOptions): Promise<Iterable<Trigger>>;
  count(path: EntityPath): Promise<number>;
}

export function createTriggerRegistry(options: TriggerRegistryOptions): TriggerRegistry {
  const { entities, remembered, turns, clock } = options;
  const triggers = new Collection<Trigger>(entities, "trigger");
  return {
    get: async (name) => (await triggers.get(toDocumentId(name))).document,
    findToFire: (name) => {
      const id = toDocumentId(name);
      const read = async () => ({ trigger: (await triggers.get(id)).document, madeOf: [id] });
      return remembered.get(id)?.trigger ?? remembered.load(id, read).then(toTrigger);
    },
    put: ({ name, request, overwrite }) =>
      turns.take(name.namespace, () => {
        const id = toDocumentId(name);
        const update = (before: Trigger | undefined) =>
          updateTrigger({ name, request, before, now: clock() });
        return remembered.changing([id], () => triggers.put({ id, overwrite, update }));
      }),
    delete: (name) =>
      turns.take(name.namespace, async () => {
        const id = toDocumentId(name);
        const found = await triggers.get(id);
        await remembered.changing([id], () => triggers.delete(id, found));
        return found.document;
      }),
    list: (path, page) => triggers.list(path, page),
    count: (path) => triggers.count(path),
  };
}

function toTrigger({ trigger }: RememberedTrigger): Trigger {
  return trigger;
}
