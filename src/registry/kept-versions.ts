// Earlier versions of actions: what an update keeps, and what it drops. Each is a document of its own,
// written in the one transaction with the action, so that no version is ever in neither place.
//
//     ns/name          0.0.4, the current one
//     ns/name:0.0.3    kept with the revision that it had: its containers stay warm, its code cached
//
// The current version is never among them: putting it again with a version that is kept replaces that.

import type { Action } from "../entities/action.ts";
import { ALIASES, type Aliases, listAliased, readAliases } from "../entities/aliases.ts";
import { type DocumentId, toVersionId } from "../entities/names.ts";
import {
  compareKept,
  decideKept,
  fromStored,
  type KeptAction,
  type StoredAction,
  type VersionRules,
} from "../entities/stored-action.ts";
import { failure } from "../kernel/errors.ts";
import type {
  EntityChange,
  EntityPut,
  EntityStore,
  StoredEntity,
  StoredVersion,
} from "../stores/port.ts";

type Found = StoredEntity<Action>;
type Stored = StoredEntity<StoredAction>;
type Kept = StoredEntity<KeptAction>;

export class KeptVersions {
  readonly #entities: EntityStore;
  readonly #rules: VersionRules;

  constructor(entities: EntityStore, rules: VersionRules) {
    this.#entities = entities;
    this.#rules = rules;
  }

  async get(id: DocumentId, version: string, { code = false } = {}): Promise<Found | undefined> {
    const stored = await this.#entities.get(toVersionId(id, version), { code });
    return stored && toFound(stored as Kept);
  }

  /** The latest first. */
  async list(id: DocumentId): Promise<readonly StoredVersion[]> {
    return (await this.#entities.listVersions(id)).toSorted(compareKept);
  }

  /** Rejects with `invalid` where an alias names a version that is not there, nor about to be. */
  async checkAliases(id: DocumentId, aliases: Aliases, own: readonly string[]): Promise<void> {
    const kept = (await this.list(id)).map(({ version }) => version);
    const known = [...new Set([...own, ...kept])];
    for (const [alias, weighted] of aliases) {
      const missing = weighted.find(({ version }) => !known.includes(version));
      if (missing === undefined) continue;
      const some = known.slice(0, SHOWN_MAX).join(", ");
      const detail = `The alias '${alias}' names version ${missing.version}, which is not kept: there are ${some}`;
      throw failure("invalid", { detail });
    }
  }

  /** What is written where an action is put: the version before is kept, others may have to go. */
  async toChanges(put: EntityPut, before: Stored | undefined): Promise<readonly EntityChange[]> {
    if (before === undefined) return [put];
    const action = put.document as Action;
    const stored = await this.list(put.id);
    const earlier = toKept(before, action.updated);
    const candidates = [
      earlier,
      ...stored.filter(({ version }) => version !== earlier.version),
    ].filter(({ version }) => version !== action.version);
    const needed = listAliased(readAliases(action.annotations));
    const staying = decideKept(candidates, { ...this.#rules, needed, now: action.updated });
    const versions = staying.map(({ version }) => version);
    const same = stored.find(({ version }) => version === earlier.version);
    const id = toVersionId(put.id, earlier.version);
    const kept = { id, type: "version", document: earlier } as const;
    return [
      ...(staying.includes(earlier) ? [same ? { ...kept, replaces: same.revision } : kept] : []),
      put,
      ...stored
        .filter(({ version }) => !versions.includes(version))
        .map((each) => toDeletion(put.id, each)),
    ];
  }
}

/** What is deleted with an action, which is the last: what is left of one may be deleted again. */
export async function listDeletions(
  entities: Pick<EntityStore, "listVersions">,
  id: DocumentId,
  { revision }: Pick<StoredEntity, "revision">,
): Promise<readonly EntityChange[]> {
  const stored = await entities.listVersions(id);
  return [...stored.map((each) => toDeletion(id, each)), { id, deletes: revision }];
}

const SHOWN_MAX = 10;

/** Aliases are the action's, not one of its versions'. */
function toKept(stored: Stored, replacedAt: number): KeptAction {
  const { document, revision } = fromStored(stored);
  const annotations = document.annotations.filter(({ key }) => key !== ALIASES);
  return { ...document, annotations, runsAs: revision, replacedAt };
}

function toDeletion(id: DocumentId, { version, revision }: StoredVersion): EntityChange {
  return { id: toVersionId(id, version), deletes: revision };
}

function toFound(stored: Kept): Found {
  return { type: "action", ...fromStored(stored) };
}
