// Whose accepted work is not to run any more: subjects that were blocked since, and namespaces that may
// invoke nothing (rest-api specification, 9.4). What was looked up is remembered until somebody changes a
// subject or a limit, also from another process.

import type { Identity } from "../entities/subject.ts";
import type { SubjectStore } from "../stores/port.ts";

/** A promise where it is not remembered; it rejects where it cannot be looked up. */
export type Blocklist = (identity: Identity) => boolean | Promise<boolean>;

const KNOWN_MAX = 10_000;

export function createBlocklist(
  subjects: Pick<SubjectStore, "findByUuid" | "getLimits" | "onChange">,
): Blocklist {
  // By the namespace's uuid, also what is being looked up: of a key much may come at once.
  const known = new Map<string, false | Promise<boolean>>();
  subjects.onChange(() => known.clear());

  function lookUp(identity: Identity): Promise<boolean> {
    const { uuid } = identity.namespace;
    const found = findBlocked(subjects, identity);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(uuid, found);
    // Who is blocked is looked up each time: whoever is let in again may invoke at once, before the
    // change is told.
    const settle = (isBlocked: boolean) => {
      if (known.get(uuid) !== found) return;
      if (isBlocked) known.delete(uuid);
      else known.set(uuid, false);
    };
    found.then(settle, () => settle(true));
    return found;
  }

  return (identity) => known.get(identity.namespace.uuid) ?? lookUp(identity);
}

/** A deleted subject's work runs: only who is blocked is to be kept from it. */
async function findBlocked(
  subjects: Pick<SubjectStore, "findByUuid" | "getLimits">,
  { namespace: { name, uuid } }: Identity,
): Promise<boolean> {
  const holders = await subjects.findByUuid(uuid);
  if (holders.some(({ blocked }) => blocked === true)) return true;
  const limits = await subjects.getLimits(name);
  return limits?.invocationsPerMinute === 0 || limits?.concurrentInvocations === 0;
}
