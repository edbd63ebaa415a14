// From a name to the action that it stands for, as it is stored and with what it inherits: through a
// binding to its provider, and to an earlier version where one is asked for.

import { readAliases } from "../entities/aliases.ts";
import { mergeKeyValues } from "../entities/key-values.ts";
import { type DocumentId, idOf, type QualifiedName, toDocumentId } from "../entities/names.ts";
import { isShared } from "../entities/package.ts";
import { fromStored, type StoredAction } from "../entities/stored-action.ts";
import type { Identity } from "../entities/subject.ts";
import { checkOwn } from "../entitlement/rights.ts";
import { failure } from "../kernel/errors.ts";
import type { EntityStore } from "../stores/port.ts";
import type { Collection } from "./collection.ts";
import type { KeptVersions } from "./kept-versions.ts";
import { inheritParameters, type LocatedPackage, locatePackage } from "./package-lookup.ts";
import type { FoundAction, ResolvedAction } from "./remembered-actions.ts";
import { toAliased } from "./version-rights.ts";

export interface ActionSources {
  readonly entities: EntityStore;
  readonly actions: Collection<StoredAction>;
  readonly kept: KeptVersions;
}

export interface Reading {
  readonly identity: Identity;
  readonly code: boolean;
  /** Absent for the current one. */
  readonly version?: string;
}

/** Rejects with `resource-missing`, `other-type`, `not-authorized`, `version-missing`. */
export async function resolveAction(
  sources: ActionSources,
  name: QualifiedName,
  reading: Reading,
): Promise<ResolvedAction> {
  const { identity } = reading;
  const { namespace, package: packageName } = name;
  if (packageName === undefined) {
    checkOwn(identity, { namespace, resource: name.name });
    const found = await readVersion(sources, toDocumentId(name), reading);
    return { ...withAliases(found), isShared: false, madeOf: [toDocumentId(name)] };
  }
  const wanted = { name: { namespace, name: packageName }, identity };
  const located = await locatePackage(sources.entities, wanted);
  if (located === undefined) throw failure("resource-missing");
  const id = `${idOf(located.provider.document)}/${name.name}` as DocumentId;
  return inherit(await readVersion(sources, id, reading), located);
}

async function readVersion(
  { actions, kept }: ActionSources,
  id: DocumentId,
  { code, version }: Reading,
): Promise<FoundAction> {
  const stored = await actions.get(id, { code });
  const current = { ...stored, ...fromStored(stored) };
  if (version === undefined || version === current.document.version) return current;
  const earlier = await kept.get(id, version, { code });
  if (earlier === undefined) throw failure("version-missing", { version });
  return toAliased(current.document)({ version }) ? earlier : { ...earlier, isOwnersAlone: true };
}

function withAliases(found: FoundAction): Pick<ResolvedAction, "found" | "aliases"> {
  return { found, aliases: readAliases(found.document.annotations) };
}

/** Package, then binding, then action: later wins (rest-api specification, 5.4). */
function inherit(stored: FoundAction, { named, provider }: LocatedPackage): ResolvedAction {
  const { document } = stored;
  const inherited = inheritParameters({ named, provider });
  const parameters = mergeKeyValues(inherited, document.parameters);
  const found = { ...stored, document: { ...document, parameters } };
  const packages = [...new Set([named, provider])].map((each) => idOf(each.document));
  return {
    ...withAliases(named === provider ? found : { ...found, binding: idOf(named.document) }),
    isShared: isShared(named.document),
    madeOf: [...packages, idOf(document)],
  };
}
