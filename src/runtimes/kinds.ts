// The kinds that actions may be stored with, and the one that is meant by `nodejs:default`.

import type { RuntimeKind } from "../entities/runtime-manifest.ts";

/** A kind without what depends on the installation. */
export type KindEntry = Omit<RuntimeKind, "stemCells">;

/** Sorted by kind. Images are those of OpenWhisk's own manifest, for clients that show them. */
export const KINDS: readonly KindEntry[] = [
  nodejs(20),
  nodejs(22),
  { ...nodejs(24), default: true },
  nodejs(26),
];

function nodejs(major: number): KindEntry {
  return {
    kind: `nodejs:${major}`,
    family: "nodejs",
    default: false,
    deprecated: false,
    requireMain: false,
    image: `openwhisk/action-nodejs-v${major}:nightly`,
  };
}

/** What `kind` is on disk: a colon is no good in a path. */
export function toDirectoryName(kind: string): string {
  return kind.replace(":", "-");
}
