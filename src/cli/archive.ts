// Archives: what language one is in, and how a directory becomes one. A directory is packed as it is,
// with its node_modules, but for version control; the same files give the same bytes.

import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { unzipSync, type Zippable, zipSync } from "fflate";
import { MB } from "../kernel/units.ts";
import { CliError, EXIT } from "./cli-error.ts";

/** The file at the top by which a runtime finds its entry. */
const ENTRIES: readonly (readonly [family: string, names: readonly string[]])[] = [
  ["nodejs", ["package.json", "index.js", "index.mjs", "index.cjs"]],
  ["python", ["__main__.py"]],
];
const LEFT_OUT = [".git", ".hg", ".svn"];
/** The platform takes 48 MB packed: far more unpacked is a mistake, found before memory is. */
const PACKED_BYTES_MAX = 512 * MB;
/** The format's first date, so that packing again changes nothing. */
const MODIFIED = new Date(1980, 0, 1);
const UNIX = 3;
const PERMISSIONS = 0o777;
const REGULAR_FILE = 0o100000;

export function findArchiveFamily(path: string, bytes: Uint8Array): string | undefined {
  const names = new Set<string>();
  try {
    // Only the names are wanted: nothing is unpacked.
    unzipSync(bytes, { filter: ({ name }) => names.add(name) && false });
  } catch (cause) {
    const message = `'${path}' cannot be read as a zip archive: ${(cause as Error).message}`;
    throw new CliError(message, { exitCode: EXIT.usage, cause });
  }
  return ENTRIES.find(([, entries]) => entries.some((entry) => names.has(entry)))?.[0];
}

export function zipDirectory(directory: string): Uint8Array {
  const files: Zippable = {};
  let bytes = 0;
  for (const path of listFiles(directory, { below: "", above: [] })) {
    const file = join(directory, path);
    const content = readFileSync(file);
    bytes += content.length;
    if (bytes > PACKED_BYTES_MAX) {
      throw new CliError(`'${directory}' holds more than ${PACKED_BYTES_MAX / MB} MB`, {
        exitCode: EXIT.usage,
      });
    }
    const mode = REGULAR_FILE | (statSync(file).mode & PERMISSIONS);
    files[path] = [content, { attrs: mode * 2 ** 16, os: UNIX }];
  }
  return zipSync(files, { mtime: MODIFIED });
}

/**
 * Links are followed, as npm's workspaces need it; one that leads back to a directory it lies in is
 * left out. What is neither file nor directory is as well.
 */
function* listFiles(
  root: string,
  { below, above }: { below: string; above: readonly string[] },
): Generator<string> {
  const real = realpathSync(join(root, below));
  if (above.includes(real)) return;
  for (const name of readdirSync(join(root, below)).sort()) {
    if (LEFT_OUT.includes(name)) continue;
    const path = below === "" ? name : `${below}/${name}`;
    const status = statSync(join(root, path), { throwIfNoEntry: false });
    if (status?.isDirectory()) yield* listFiles(root, { below: path, above: [...above, real] });
    else if (status?.isFile()) yield path;
  }
}
