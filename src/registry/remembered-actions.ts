// Actions as they are remembered: ready to be invoked, with what they inherit, and who may have them.

import type { Action } from "../entities/action.ts";
import type { Aliases } from "../entities/aliases.ts";
import type { DocumentId } from "../entities/names.ts";
import type { StoredEntity } from "../stores/port.ts";
import type { MadeOf, Remembered } from "./remembered.ts";

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

export interface ResolvedAction extends MadeOf {
  readonly found: FoundAction;
  readonly aliases: Aliases;
  /** Whether others than the owner of the name may have it. */
  readonly isShared: boolean;
}

export type RememberedActions = Remembered<ResolvedAction>;
