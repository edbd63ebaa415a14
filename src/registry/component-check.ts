// Whether somebody may use what a sequence is made of: asked when he puts it, and each time he invokes it,
// as what was shared with him may not be any more. Of all that may not be used he hears at once.

import { toComponentName } from "../entities/components.ts";
import type { QualifiedName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { isOwn, toResource } from "../entitlement/rights.ts";
import { BriskError, failure } from "../kernel/errors.ts";
import type { EntityStore } from "../stores/port.ts";
import { locatePackage } from "./package-lookup.ts";

export interface ComponentsWanted {
  readonly components: readonly string[];
  readonly identity: Identity;
}

/** Rejects with `not-authorized`, naming all that are refused, and `resource-missing` for a package. */
export async function checkComponents(
  entities: Pick<EntityStore, "get">,
  { components, identity }: ComponentsWanted,
): Promise<void> {
  const names = [...new Set(components)].map(toComponentName);
  const found = new Map<string, "missing" | "refused" | "there">();
  for (const name of names) {
    const resource = toResource(name);
    if (found.has(resource)) continue;
    found.set(resource, await checkComponent(entities, name, identity));
  }
  const refused = [...found].filter(([, is]) => is === "refused").map(([resource]) => resource);
  if (refused.length > 0) throw failure("not-authorized", { resource: refused.join(", ") });
  if ([...found.values()].includes("missing")) throw failure("resource-missing");
}

/** Whether its package is there and may be used; without one, whether it is one's own. */
async function checkComponent(
  entities: Pick<EntityStore, "get">,
  { namespace, package: packageName }: QualifiedName,
  identity: Identity,
): Promise<"missing" | "refused" | "there"> {
  if (packageName === undefined) return isOwn(identity, namespace) ? "there" : "refused";
  try {
    const wanted = { name: { namespace, name: packageName }, identity };
    return (await locatePackage(entities, wanted)) === undefined ? "missing" : "there";
  } catch (cause) {
    if (cause instanceof BriskError && cause.code === "not-authorized") return "refused";
    throw cause;
  }
}
