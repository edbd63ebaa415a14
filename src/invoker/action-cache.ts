// Actions with their code, by id and revision, as an invoker needs them. A revision never changes, so
// nothing here goes stale; what was used longest ago goes when there is too much.

import { type Action, type CodeAction, isSequence } from "../entities/action.ts";
import type { DocumentId } from "../entities/names.ts";
import type { EntityStore, StoredEntity } from "../stores/port.ts";

export class ActionCache {
  readonly #entities: Pick<EntityStore, "get">;
  readonly #bytesMax: number;
  readonly #actions = new Map<string, CodeAction>();
  readonly #loading = new Map<string, Promise<CodeAction | undefined>>();
  #bytes = 0;

  constructor(entities: Pick<EntityStore, "get">, bytesMax: number) {
    this.#entities = entities;
    this.#bytesMax = bytesMax;
  }

  /** What is there already; marks it as used. */
  peek(id: string, revision: string): CodeAction | undefined {
    const key = toKey(id, revision);
    const action = this.#actions.get(key);
    if (action === undefined) return undefined;
    this.#actions.delete(key);
    this.#actions.set(key, action);
    return action;
  }

  /** The newest one where the wanted revision is gone; `undefined` where the action is, or has no code. */
  load(id: string, revision: string): Promise<CodeAction | undefined> {
    const key = toKey(id, revision);
    const loading = this.#loading.get(key) ?? this.#load(id, key);
    this.#loading.set(key, loading);
    return loading;
  }

  async #load(id: string, wanted: string): Promise<CodeAction | undefined> {
    try {
      const stored = await this.#entities.get(id as DocumentId, { code: true });
      if (stored === undefined || stored.type !== "action") return undefined;
      const { document, revision } = stored as StoredEntity<Action>;
      if (isSequence(document)) return undefined;
      const action = document as CodeAction;
      if (toKey(id, revision) === wanted) this.#keep(wanted, action);
      return action;
    } finally {
      this.#loading.delete(wanted);
    }
  }

  #keep(key: string, action: CodeAction): void {
    this.#actions.set(key, action);
    this.#bytes += action.exec.code.length;
    for (const [oldest, { exec }] of this.#actions) {
      if (this.#bytes <= this.#bytesMax || oldest === key) break;
      this.#actions.delete(oldest);
      this.#bytes -= exec.code.length;
    }
  }
}

function toKey(id: string, revision: string): string {
  return `${revision} ${id}`;
}
