// Packages as somebody finds them who wants what is in them: by a name that may be a binding's, with the
// rights that it takes. What another namespace has is told from what it has not by nobody
// (rest-api specification, 8.1, 8.2, 9.1).

import type { KeyValue } from "../entities/action.ts";
import { mergeKeyValues } from "../entities/key-values.ts";
import { type DocumentId, type QualifiedName, toDocumentId } from "../entities/names.ts";
import { bindingOf, type Package } from "../entities/package.ts";
import type { Identity } from "../entities/subject.ts";
import { isOwn, mayUsePackage } from "../entitlement/rights.ts";
import { failure } from "../kernel/errors.ts";
import type { EntityStore, StoredEntity } from "../stores/port.ts";

export interface LocatedPackage {
  /** The one with that name: a plain package, or a binding. */
  readonly named: StoredEntity<Package>;
  /** The one that has the actions: a binding's provider, else the same one. */
  readonly provider: StoredEntity<Package>;
}

export interface PackageWanted {
  readonly name: QualifiedName;
  readonly identity: Identity;
}

/**
 * `undefined` where one's own namespace has none of this name. Rejects with `not-authorized`,
 * `other-type`, and `resource-missing` for a binding whose provider is gone.
 */
export async function locatePackage(
  entities: Pick<EntityStore, "get">,
  { name, identity }: PackageWanted,
): Promise<LocatedPackage | undefined> {
  const resource = toDocumentId(name);
  const named = await readUsable(entities, { name, identity, resource });
  if (named === undefined) return undefined;
  const binding = bindingOf(named.document);
  if (binding === undefined) return { named, provider: named };
  const provider = await readUsable(entities, { name: binding, identity, resource });
  // What was bound to may have been deleted, and a binding made in its place.
  if (provider === undefined || bindingOf(provider.document) !== undefined) {
    throw failure("resource-missing");
  }
  return { named, provider };
}

/** `resource` is what was asked for: a refusal names that, not where it would have led. */
async function readUsable(
  entities: Pick<EntityStore, "get">,
  { name, identity, resource }: PackageWanted & { readonly resource: DocumentId },
): Promise<StoredEntity<Package> | undefined> {
  const found = await entities.get(toDocumentId(name));
  if (found?.type === "package") {
    const stored = found as StoredEntity<Package>;
    if (mayUsePackage(identity, name.namespace, stored.document)) return stored;
  }
  if (!isOwn(identity, name.namespace)) throw failure("not-authorized", { resource });
  if (found !== undefined) throw failure("other-type");
  return undefined;
}

/** Of what is in it: a binding's own over its provider's. */
export function inheritParameters({ named, provider }: LocatedPackage): readonly KeyValue[] {
  if (named === provider) return named.document.parameters;
  return mergeKeyValues(provider.document.parameters, named.document.parameters);
}
