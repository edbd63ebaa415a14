// Actions with their code, by id and revision, as an invoker needs them. A revision never changes, so
// nothing here goes stale; what was used longest ago goes when there is too much.

import { type Action, type CodeAction, isSequence } from "../entities/action.ts";
import { type DocumentId, toVersionId } from "../entities/names.ts";
import { fromStored, type StoredAction } from "../entities/stored-action.ts";
import { FairTurns } from "../kernel/fair-turns.ts";
import type { ActivationHeader } from "../messages/activation-message.ts";
import type { EntityStore, StoredEntity } from "../stores/port.ts";

type Wanted = ActivationHeader["action"];
interface Read {
  /** Under which it is run. */
  readonly revision: string;
  readonly document: Action;
}

export class ActionCache {
  readonly #entities: Pick<EntityStore, "get">;
  readonly #bytesMax: number;
  readonly #actions = new Map<string, CodeAction>();
  readonly #loading = new Map<string, Promise<CodeAction | undefined>>();
  /** Of each namespace in turn, as a code may be large. */
  readonly #turns = new FairTurns();
  #bytes = 0;
  /** The last one, as far as that is known. */
  #newest = "";

  constructor(entities: Pick<EntityStore, "get">, bytesMax: number) {
    this.#entities = entities;
    this.#bytesMax = bytesMax;
  }

  /** What is there already; marks it as used. */
  peek(id: string, revision: string): CodeAction | undefined {
    const key = toKey(id, revision);
    const action = this.#actions.get(key);
    if (action === undefined || key === this.#newest) return action;
    this.#actions.delete(key);
    this.#actions.set(key, action);
    this.#newest = key;
    return action;
  }

  /**
   * The newest one where the wanted revision is gone, but for a pinned version that was asked for by
   * itself; `undefined` where the action is gone, or has no code.
   */
  load(wanted: Wanted): Promise<CodeAction | undefined> {
    const key = toLoadingKey(wanted);
    const loading = this.#loading.get(key) ?? this.#load(wanted, key);
    this.#loading.set(key, loading);
    return loading;
  }

  async #load(wanted: Wanted, loadingKey: string): Promise<CodeAction | undefined> {
    try {
      const { id, revision } = wanted;
      const found = await (wanted.pinned ? this.#readPinned(wanted) : this.#read(id as DocumentId));
      if (found === undefined || isSequence(found.document)) return undefined;
      const action = found.document as CodeAction;
      if (found.revision === revision) this.#keep(toKey(id, revision), action);
      return action;
    } finally {
      this.#loading.delete(loadingKey);
    }
  }

  async #readPinned({ id, version, alias }: Wanted): Promise<Read | undefined> {
    const keptId = toVersionId(id as DocumentId, version);
    const kept = await this.#read(keptId);
    if (kept !== undefined) return kept;
    const current = await this.#read(id as DocumentId);
    if (current?.document.version === version) return current;
    // It may have become an earlier one between the two reads.
    return (await this.#read(keptId)) ?? (alias === undefined ? undefined : current);
  }

  async #read(id: DocumentId): Promise<Read | undefined> {
    const [namespace = ""] = id.split("/", 1);
    const stored = await this.#turns.take(namespace, () => this.#entities.get(id, { code: true }));
    if (stored?.type !== "action" && stored?.type !== "version") return undefined;
    return fromStored(stored as StoredEntity<StoredAction>);
  }

  #keep(key: string, action: CodeAction): void {
    this.#actions.set(key, action);
    this.#newest = key;
    this.#bytes += action.exec.code.length;
    for (const [oldest, { exec }] of this.#actions) {
      if (this.#bytes <= this.#bytesMax || oldest === key) break;
      this.#actions.delete(oldest);
      this.#bytes -= exec.code.length;
    }
  }
}

/** What is done where the revision is gone is not the same for all who want it. */
function toLoadingKey({ id, revision, pinned, alias }: Wanted): string {
  return `${pinned === true} ${alias !== undefined} ${toKey(id, revision)}`;
}

function toKey(id: string, revision: string): string {
  return `${revision} ${id}`;
}
