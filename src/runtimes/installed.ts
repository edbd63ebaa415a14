// Runtimes that were added to a data directory: `DATA/runtimes/<family>-<version>/` with the program and
// the version that it is.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KINDS, toDirectoryName } from "./kinds.ts";

export interface InstalledRuntime {
  readonly kind: string;
  /** The whole version, for instance `22.23.3`. */
  readonly version: string;
  readonly program: string;
}

export const PROGRAM_NAME = "node";
export const VERSION_FILE = "version";

export function toRuntimesDirectory(dataDirectory: string): string {
  return join(dataDirectory, "runtimes");
}

export function toInstalledDirectory(dataDirectory: string, kind: string): string {
  return join(toRuntimesDirectory(dataDirectory), toDirectoryName(kind));
}

export function findInstalled(dataDirectory: string, kind: string): InstalledRuntime | undefined {
  const directory = toInstalledDirectory(dataDirectory, kind);
  const program = join(directory, PROGRAM_NAME);
  if (!existsSync(program)) return undefined;
  const version = readFileSync(join(directory, VERSION_FILE), "utf8").trim();
  return { kind, version, program };
}

/** Every kind there is, with the version that can run here. */
export interface ListedRuntime {
  readonly kind: string;
  /** `undefined` if it is not installed. */
  readonly version: string | undefined;
  /** It comes with Brisk: it cannot be added or removed. */
  readonly carried: boolean;
}

export function listRuntimes(dataDirectory: string): ListedRuntime[] {
  const own = process.versions.node;
  return KINDS.map(({ kind }) => {
    const carried = kind === `nodejs:${own.split(".", 1)[0]}`;
    return { kind, carried, version: carried ? own : findInstalled(dataDirectory, kind)?.version };
  });
}
