// Earlier versions of actions: what an update keeps, and what it drops. Each is a document of its own,
// written in the one transaction with the action, so that no version is ever in neither place.
//
//     ns/name          0.0.4, the current one
//     ns/name:0.0.3    kept with the revision that it had: its containers stay warm, its code cached
//
// The current version is never among them: putting it again with a version that is kept replaces that.

import type { Action } from "../entities/action.ts";
import { ALIASES, type Aliases, listAliased, readAliases } from "../entities/aliases.ts";
import {
  compareKept,
  decideKept,
  fromKept,
  type KeptAction,
  type VersionRules,
} from "../entities/kept-action.ts";
import { type DocumentId, toVersionId } from "../entities/names.ts";
import { failure } from "../kernel/errors.ts";
import type {
  EntityChange,
  EntityPut,
  EntityStore,
  Revision,
  StoredEntity,
} from "../stores/port.ts";

type Found = StoredEntity<Action>;
type Kept = StoredEntity<KeptAction>;

export class KeptVersions {
  readonly #entities: EntityStore;
  readonly #rules: VersionRules;

  constructor(entities: EntityStore, rules: VersionRules) {
    this.#entities = entities;
    this.#rules = rules;
  }

  /** With the revision that it had as the current one. */
  async get(id: DocumentId, version: string, { code = false } = {}): Promise<Found | undefined> {
    const stored = await this.#entities.get(toVersionId(id, version), { code });
    return stored && toFound(stored as Kept);
  }

  /** Without code, the latest first. */
  async list(id: DocumentId): Promise<readonly Found[]> {
    return (await this.#list(id)).map(toFound);
  }

  async #list(id: DocumentId): Promise<readonly Kept[]> {
    const stored = (await this.#entities.listVersions(id)) as readonly Kept[];
    return stored.toSorted((one, other) => compareKept(one.document, other.document));
  }

  /** Rejects with `invalid` where an alias names a version that is not there, nor about to be. */
  async checkAliases(id: DocumentId, aliases: Aliases, own: readonly string[]): Promise<void> {
    const kept = (await this.list(id)).map(({ document }) => document.version);
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
  async toChanges(put: EntityPut, before: Found | undefined): Promise<readonly EntityChange[]> {
    if (before === undefined) return [put];
    const action = put.document as Action;
    const stored = await this.#list(put.id);
    const earlier = toKept(before, action.updated);
    const candidates = [
      earlier,
      ...stored
        .map(({ document }) => document)
        .filter(({ version }) => version !== earlier.version),
    ].filter(({ version }) => version !== action.version);
    const needed = listAliased(readAliases(action.annotations));
    const staying = decideKept(candidates, { ...this.#rules, needed, now: action.updated });
    const versions = staying.map(({ version }) => version);
    const same = stored.find(({ document }) => document.version === earlier.version);
    const id = toVersionId(put.id, earlier.version);
    const kept = { id, type: "version", document: earlier } as const;
    return [
      ...(staying.includes(earlier) ? [same ? { ...kept, replaces: same.revision } : kept] : []),
      put,
      ...stored
        .filter(({ document }) => !versions.includes(document.version))
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
  const stored = (await entities.listVersions(id)) as readonly Kept[];
  return [...stored.map((each) => toDeletion(id, each)), { id, deletes: revision }];
}

const SHOWN_MAX = 10;

/** Aliases are the action's, not one of its versions'. */
function toKept({ document, revision }: Found, at: number): KeptAction {
  const annotations = document.annotations.filter(({ key }) => key !== ALIASES);
  return { ...document, annotations, kept: { revision, at } };
}

function toDeletion(id: DocumentId, { document, revision }: Kept): EntityChange {
  return { id: toVersionId(id, document.version), deletes: revision };
}

/** With the revision that it had as the current one. */
function toFound({ document }: Kept): Found {
  const revision = document.kept.revision as Revision;
  return { type: "action", revision, document: fromKept(document) };
}
