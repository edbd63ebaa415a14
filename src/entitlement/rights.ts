// May they: a key has all rights in its own namespace and none elsewhere (rest-api specification, 9.1).

import type { EntityName, QualifiedName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { failure } from "../kernel/errors.ts";

/** Stands for one's own namespace in paths and references. */
export const OWN = "_";

/** The namespace that a path names. Throws `not-authorized` for another than one's own. */
export function checkOwn(
  identity: Identity,
  { namespace, resource }: { readonly namespace: string; readonly resource?: string },
): EntityName {
  const own = identity.namespace.name;
  if (namespace === OWN || namespace === own) return own;
  const path = resource === undefined ? namespace : `${namespace}/${resource}`;
  throw failure("not-authorized", { resource: path });
}

/** Throws `not-authorized` naming all of them that are another namespace's, or their packages. */
export function refuseForeign(names: readonly QualifiedName[], identity: Identity): void {
  const own = identity.namespace.name;
  const foreign = names.filter(({ namespace }) => namespace !== own);
  if (foreign.length === 0) return;
  const paths = foreign.map((name) => `${name.namespace}/${name.package ?? name.name}`);
  throw failure("not-authorized", { resource: [...new Set(paths)].join(", ") });
}
