// May they: a key has all rights in its own namespace. Of another's it may read shared packages, and
// read and run what is in them, nothing else (rest-api specification, 9.1).

import { type EntityName, parseNamespaceName, type QualifiedName } from "../entities/names.ts";
import { isShared, type Package } from "../entities/package.ts";
import type { Identity } from "../entities/subject.ts";
import { failure } from "../kernel/errors.ts";

/** Stands for one's own namespace in paths and references. */
const OWN = "_";

/** The namespace that a path names, which may be another's. Throws `invalid`. */
export function resolveNamespace(identity: Identity, namespace: string): EntityName {
  return namespace === OWN ? identity.namespace.name : parseNamespaceName(namespace);
}

export function isOwn(identity: Identity, namespace: EntityName): boolean {
  return namespace === identity.namespace.name;
}

/** The namespace that a path names. Throws `invalid`, and `not-authorized` for another than one's own. */
export function checkOwn(
  identity: Identity,
  { namespace, resource }: { readonly namespace: string; readonly resource?: string },
): EntityName {
  const resolved = resolveNamespace(identity, namespace);
  if (isOwn(identity, resolved)) return resolved;
  const path = resource === undefined ? namespace : `${namespace}/${resource}`;
  throw failure("not-authorized", { resource: path });
}

/** To read a package, and to read and run its actions. */
export function mayUsePackage(
  identity: Identity,
  namespace: EntityName,
  document: Pick<Package, "binding" | "publish">,
): boolean {
  return isOwn(identity, namespace) || isShared(document);
}

/** What a refusal names: the package where there is one, else the entity. */
export function toResource({ namespace, package: packageName, name }: QualifiedName): string {
  return `${namespace}/${packageName ?? name}`;
}
