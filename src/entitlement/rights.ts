// May they: a key has all rights in its own namespace and none elsewhere (rest-api specification, 9.1).

import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { failure } from "../kernel/errors.ts";

/** Stands for one's own namespace in paths and references. */
const OWN = "_";

/** The namespace that a path names. Another's may be anything, also what is no name: there is none then. */
export function resolveNamespace(identity: Identity, namespace: string): EntityName {
  return namespace === OWN ? identity.namespace.name : (namespace as EntityName);
}

/** The namespace that a path names. Throws `not-authorized` for another than one's own. */
export function checkOwn(
  identity: Identity,
  { namespace, resource }: { readonly namespace: string; readonly resource?: string },
): EntityName {
  const resolved = resolveNamespace(identity, namespace);
  if (resolved === identity.namespace.name) return resolved;
  const path = resource === undefined ? namespace : `${namespace}/${resource}`;
  throw failure("not-authorized", { resource: path });
}
