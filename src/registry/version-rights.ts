// Whose earlier versions are: where a package is shared, others see and run what its actions are, and what
// their owner names by an alias, not what they were. A secret that was taken out is out, and what was made
// before a package was shared stays its owner's.

import type { Action } from "../entities/action.ts";
import { listAliased, readAliases } from "../entities/aliases.ts";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { isOwn } from "../entitlement/rights.ts";
import { failure } from "../kernel/errors.ts";
import type { FoundAction } from "./remembered-actions.ts";

/** Throws `version-missing` where it is not for them. */
export function toAllowed(found: FoundAction, identity: Identity): FoundAction {
  const { document, isOwnersAlone } = found;
  if (isOwnersAlone !== true || isActionOf(identity, document)) return found;
  throw failure("version-missing", { version: document.version });
}

export function isActionOf(identity: Identity, { namespace }: Action): boolean {
  return isOwn(identity, namespace.split("/", 1)[0] as EntityName);
}

/** Whether an alias names a version. */
export function toAliased({
  annotations,
}: Action): (which: { readonly version: string }) => boolean {
  const aliased = listAliased(readAliases(annotations));
  return ({ version }) => aliased.has(version);
}
