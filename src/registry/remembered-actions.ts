// Actions that were found before, ready to be invoked: with what they inherit, and who may have them. So
// that a warm invocation reads no store. Each is forgotten with any of the documents it was made of.

import type { Action } from "../entities/action.ts";
import type { Aliases } from "../entities/aliases.ts";
import type { DocumentId } from "../entities/names.ts";
import { MB } from "../kernel/units.ts";
import type { StoredEntity } from "../stores/port.ts";

/** An action as it is invoked: its parameters are merged with those of its package and binding. */
export interface FoundAction extends StoredEntity<Action> {
  /** `namespace/name` of the binding through which it was found. */
  readonly binding?: DocumentId;
  /** The one that chose this version. */
  readonly alias?: string;
  /** An earlier version that no alias names: where its package is shared, what it has was not meant to be. */
  readonly isOwnersAlone?: true;
  /** Whether this version was asked for, by itself or by an alias: the newest is not as good. */
  readonly pinned?: true;
}

export interface ResolvedAction {
  readonly found: FoundAction;
  readonly aliases: Aliases;
  /** Whether others than the owner of the name may have it. */
  readonly isShared: boolean;
  /** Everything that it was made of: packages and the action itself. */
  readonly madeOf: readonly DocumentId[];
}

/** Characters of remembered actions, without their code: some 10,000 of common ones. */
const CHARACTERS_MAX = 32 * MB;

export class RememberedActions {
  /** By the name that was asked for. */
  readonly #actions = new Map<DocumentId, ResolvedAction>();
  /** The names under which something stands that was made of a document; some may be forgotten since. */
  readonly #madeOf = new Map<DocumentId, Set<DocumentId>>();
  /** Of everything remembered since it was last cleared, also of what was forgotten since. */
  #characters = 0;
  /** Counts what forgets: what was read before that is not remembered. */
  #generation = 0;

  get(id: DocumentId): ResolvedAction | undefined {
    return this.#actions.get(id);
  }

  /** What `read` resolves to, remembered unless something was forgotten meanwhile. */
  async load(id: DocumentId, read: () => Promise<ResolvedAction>): Promise<ResolvedAction> {
    const before = this.#generation;
    const resolved = await read();
    if (before === this.#generation) this.#remember(id, resolved);
    return resolved;
  }

  #remember(id: DocumentId, resolved: ResolvedAction): void {
    this.#characters += JSON.stringify(resolved).length;
    if (this.#characters > CHARACTERS_MAX) {
      this.#actions.clear();
      this.#madeOf.clear();
      this.#characters = 0;
      return;
    }
    this.#actions.set(id, resolved);
    for (const part of resolved.madeOf) {
      const names = this.#madeOf.get(part) ?? new Set();
      this.#madeOf.set(part, names.add(id));
    }
  }

  /** A write of a document. It is forgotten also where that fails: it may have been done all the same. */
  async changing<T>(id: DocumentId, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } finally {
      this.#generation++;
      for (const name of this.#madeOf.get(id) ?? []) this.#actions.delete(name);
      this.#madeOf.delete(id);
    }
  }
}
