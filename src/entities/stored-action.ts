// An action as the store has it, the current version or an earlier one, and which earlier ones are kept.
// Pure. A version is run under the revision that it was first stored with, whatever is noted with it
// later: so its containers stay warm when it is replaced, and when only aliases change.

import type { Action } from "./action.ts";

export interface StoredAction extends Action {
  /** The revision under which it is run, where that is not the document's own. */
  readonly runsAs?: string;
}

export interface KeptAction extends StoredAction {
  /** Milliseconds since the epoch at which another version took its place. */
  readonly replacedAt: number;
}

/** What is run, or shown. */
export function fromStored<Revision extends string>({
  document,
  revision,
}: {
  readonly document: StoredAction | KeptAction;
  readonly revision: Revision;
}): { readonly document: Action; readonly revision: Revision } {
  const { runsAs, replacedAt: _, ...action } = { replacedAt: 0, ...document };
  // It was the revision of such a document.
  return { document: action, revision: (runsAs ?? revision) as Revision };
}

/** As it is to be stored where it runs what was stored before. */
export function toSameRuns(
  action: Action,
  before: { readonly document: StoredAction; readonly revision: string },
): StoredAction {
  return { ...action, runsAs: before.document.runsAs ?? before.revision };
}

export interface VersionRules {
  /** Of earlier versions of an action, beside those that its aliases name. */
  readonly countMax: number;
  /** Milliseconds since another version took its place. */
  readonly ageMsMax: number;
}

export interface Keeping extends VersionRules {
  /** Versions that stay in any case. */
  readonly needed: ReadonlySet<string>;
  readonly now: number;
}

type Version = Pick<KeptAction, "version" | "replacedAt">;

/** Of versions, the latest first, those that stay. */
export function decideKept<Kept extends Version>(
  versions: readonly Kept[],
  { countMax, ageMsMax, needed, now }: Keeping,
): readonly Kept[] {
  return versions.filter(({ version, replacedAt }, index) => {
    return needed.has(version) || (index < countMax && now - replacedAt <= ageMsMax);
  });
}

/** The latest first. Of two that were replaced in the same millisecond, the higher one is the later. */
export function compareKept(one: Version, other: Version): number {
  if (one.replacedAt !== other.replacedAt) return other.replacedAt - one.replacedAt;
  return other.version.localeCompare(one.version, "en", { numeric: true });
}
