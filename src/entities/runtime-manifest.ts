// Which kinds there are: the runtimes manifest (execution-plane specification, 1.11).

import { failure } from "../kernel/errors.ts";

export interface StemCell {
  readonly initialCount: number;
  readonly memoryMb: number;
}

export interface RuntimeKind {
  /** `family:version`, for instance `nodejs:24`. */
  readonly kind: string;
  readonly family: string;
  readonly default: boolean;
  readonly deprecated: boolean;
  readonly requireMain: boolean;
  /** As `GET /` shows it. */
  readonly image: string;
  readonly stemCells: readonly StemCell[];
}

/** The kinds that may be stored, and which of them can run here at the moment. */
export interface RuntimeManifest {
  readonly kinds: readonly RuntimeKind[];
  /** `undefined` where the kind can run; otherwise the sentence that says how to get it. */
  missing(kind: string): string | undefined;
}

type Kinds = Pick<RuntimeManifest, "kinds">;

/** A concrete kind for what a client wrote: `nodejs:default` becomes the family's default. */
export function resolveKind(manifest: Kinds, written: string): RuntimeKind | undefined {
  const wanted = written.trim().toLowerCase();
  const [family, version] = wanted.split(":");
  return manifest.kinds.find((entry) =>
    version === "default" ? entry.family === family && entry.default : entry.kind === wanted,
  );
}

/** Throws `body-malformed` where there is no such kind. */
export function parseKind(manifest: Kinds, written: string): RuntimeKind {
  const runtime = resolveKind(manifest, written);
  if (runtime !== undefined) return runtime;
  const kinds = manifest.kinds.map(({ kind }) => `'${kind}'`).join(", ");
  const detail = `The specified runtime '${written}' is not supported by this platform. Valid values are: ${kinds}.`;
  throw failure("body-malformed", { detail });
}
