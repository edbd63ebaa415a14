// The runtimes of this installation: the kinds that may be stored, which of them can run here, and how
// they are started. The Node that runs Brisk serves its own kind; others are added (`install.ts`).

import type { RuntimeManifest, StemCell } from "../entities/runtime-manifest.ts";
import { findInstalled } from "./installed.ts";
import { KINDS } from "./kinds.ts";
import type { Launch, Launches } from "./port.ts";
import { openProgram, openRuntimeDirectory, sweepBeside } from "./runtime-directory.ts";

export interface RuntimesOptions {
  /** Where `installRuntime` puts what it adds. */
  readonly dataDirectory: string;
  /** `PublicDirectory.files`. */
  readonly publicFiles: string;
  /** Containers of the default kind that are to wait for work. */
  readonly stemCells: readonly StemCell[];
}

export interface Runtimes {
  readonly manifest: RuntimeManifest;
  readonly launches: Launches;
}

/** Node's own memory besides its heap, and room for buffers: the heap gets the rest. */
const HEAP_SHARE = 0.75;

export function openRuntimes(options: RuntimesOptions): Runtimes {
  const directory = openRuntimeDirectory(options.publicFiles);
  // The data directory is one platform's alone.
  if (options.publicFiles === options.dataDirectory) sweepBeside(directory);
  const missing = (kind: string): string | undefined =>
    findProgram(options, kind) === undefined ? toAdvice(kind) : undefined;
  const kinds = KINDS.map((entry) => ({
    ...entry,
    stemCells: entry.default ? options.stemCells : [],
  }));
  return {
    manifest: { kinds, missing },
    launches: {
      find: async (kind) => {
        const program = findProgram(options, kind);
        if (program === undefined) throw new Error(toAdvice(kind));
        return toLaunch(kind, openProgram(options.publicFiles, program), directory);
      },
    },
  };
}

/** Looked up each time: a kind that is added while Brisk runs can be used at once. */
function findProgram({ dataDirectory }: RuntimesOptions, kind: string): string | undefined {
  return kind === OWN_KIND ? process.execPath : findInstalled(dataDirectory, kind)?.program;
}

const OWN_KIND = `nodejs:${process.versions.node.split(".", 1)[0]}`;

function toAdvice(kind: string): string {
  return `The runtime ${kind} is not installed here: \`brisk runtime add ${kind}\` adds it`;
}

function toLaunch(kind: string, program: string, directory: string): Launch {
  return {
    kind,
    program,
    directory,
    launcher: "launcher/launcher.cjs",
    arguments: (memoryMb) => [
      `--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)}`,
      // Types being stripped is what Brisk offers, nothing to warn an action's log of.
      "--disable-warning=ExperimentalWarning",
      // OpenWhisk's image has it (`node --expose-gc app.js`): actions that fill their memory call `gc`.
      "--expose-gc",
    ],
  };
}
