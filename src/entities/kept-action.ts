// An earlier version of an action as it is kept, and which ones are. Pure. It keeps the revision that it
// had while it was the current one: to whoever runs it, nothing has changed.

import type { Action } from "./action.ts";

export interface KeptAction extends Action {
  readonly kept: {
    readonly revision: string;
    /** Milliseconds since the epoch at which another version took its place. */
    readonly at: number;
  };
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

type Version = Pick<KeptAction, "version" | "kept">;

/** Of versions, the latest first, those that stay. */
export function decideKept<Kept extends Version>(
  versions: readonly Kept[],
  { countMax, ageMsMax, needed, now }: Keeping,
): readonly Kept[] {
  return versions.filter(({ version, kept }, index) => {
    return needed.has(version) || (index < countMax && now - kept.at <= ageMsMax);
  });
}

/** The latest first. Of two that were replaced in the same millisecond, the higher one is the later. */
export function compareKept(one: Version, other: Version): number {
  if (one.kept.at !== other.kept.at) return other.kept.at - one.kept.at;
  return other.version.localeCompare(one.version, "en", { numeric: true });
}

/** As it was, without what was noted when it was replaced. */
export function fromKept({ kept: _, ...action }: KeptAction): Action {
  return action;
}
