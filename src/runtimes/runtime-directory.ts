// What containers of the nodejs kinds see of Brisk: its launcher and the stock modules, copied once to
// where every user can read them, under a name made of what they are.

import { createHash, type Hash } from "node:crypto";
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { collectModules } from "./module-closure.ts";
import { isEnteredByEveryone, makeDirectory } from "./public-directory.ts";

/**
 * Importable by every action, as in OpenWhisk's images: `openwhisk`, `uuid`, and what Brisk's own module
 * `redis` chooses from. `redis-commands`, on which openwhisk-composer relies, comes with version 3.
 */
const STOCK_MODULES = ["openwhisk", "redis-3", "redis-6", "uuid"];
const LAUNCHER = fileURLToPath(new URL("../../launchers/nodejs/", import.meta.url));
const OWN_MODULES = fileURLToPath(new URL("../../launchers/nodejs-modules/", import.meta.url));
/** What a package has for people and compilers: most of its size. */
const SKIPPED_SUFFIXES = new Set([".map", ".md", ".markdown", ".ts", ".cts", ".mts"]);
const MODES = { directory: 0o755, file: 0o644, program: 0o755, ownerRuns: 0o100 };
const EVERYONE_READS = 0o004;
const EVERYONE_READS_AND_RUNS = 0o005;

const PREFIX = "launcher-";

/** @returns its absolute path; `launcher/launcher.cjs` and `node_modules` stand in it */
export function openRuntimeDirectory(publicFiles: string): string {
  const modules = collectModules(STOCK_MODULES, LAUNCHER);
  const hash = createHash("sha256");
  for (const tree of [LAUNCHER, OWN_MODULES]) hashTree(hash, tree);
  for (const { target, version } of modules) hash.update(`${target}@${version}\n`);
  const directory = join(publicFiles, "runtimes", `${PREFIX}${hash.digest("hex").slice(0, 12)}`);
  return make(directory, (unfinished) => {
    copyTree(LAUNCHER, join(unfinished, "launcher"), copy);
    copyTree(OWN_MODULES, join(unfinished, "node_modules"), copy);
    for (const { source, target } of modules) {
      copyTree(source, join(unfinished, "node_modules", target), linkOrCopy);
    }
  });
}

/**
 * Removes what other versions of Brisk have made beside it, and what was not made whole. Only for where no
 * other platform looks: its containers could be made of what seems left.
 */
export function sweepBeside(runtimeDirectory: string): void {
  const place = dirname(runtimeDirectory);
  for (const name of readdirSync(place)) {
    if (!name.startsWith(PREFIX) || name === basename(runtimeDirectory)) continue;
    rmSync(join(place, name), { recursive: true, force: true });
  }
}

function hashTree(hash: Hash, tree: string): void {
  for (const name of readdirSync(tree, { encoding: "utf8", recursive: true }).sort()) {
    const path = join(tree, name);
    if (statSync(path).isFile()) hash.update(name).update(readFileSync(path));
  }
}

/** @returns the program, or a copy of it where sandboxes could not reach it */
export function openProgram(publicFiles: string, program: string): string {
  const stat = statSync(program);
  const isOpen = (stat.mode & EVERYONE_READS_AND_RUNS) === EVERYONE_READS_AND_RUNS;
  if (process.getuid?.() !== 0 || (isOpen && isEnteredByEveryone(dirname(program)))) return program;
  // Another program gets another name, and the one that containers run stays as it is.
  const name = `node-${stat.size}-${stat.ino}-${Math.floor(stat.mtimeMs)}`;
  const directory = join(publicFiles, "runtimes", name);
  const made = make(directory, (unfinished) => {
    linkOrCopy(program, join(unfinished, "node"));
  });
  return join(made, "node");
}

/** Makes a directory whole or not at all. */
function make(directory: string, fill: (unfinished: string) => void): string {
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.${process.pid}`;
  try {
    makeDirectory(dirname(directory), MODES.directory);
    makeDirectory(unfinished, MODES.directory);
    fill(unfinished);
    renameSync(unfinished, directory);
  } catch (error) {
    // Another process was faster with the same contents, or there is a real reason.
    if (!existsSync(directory)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return directory;
}

/** Without the packages nested in it, which the closure places, and without links. */
function copyTree(source: string, target: string, copyFile: typeof copy): void {
  makeDirectory(target, MODES.directory);
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules") copyTree(from, to, copyFile);
    } else if (entry.isFile() && !SKIPPED_SUFFIXES.has(extname(entry.name))) copyFile(from, to);
  }
}

/** A link costs a tenth of a copy. npm replaces files and never writes into them, so it stays as it is. */
function linkOrCopy(source: string, target: string): void {
  const { mode } = statSync(source);
  const needed = mode & MODES.ownerRuns ? EVERYONE_READS_AND_RUNS : EVERYONE_READS;
  try {
    if ((mode & needed) === needed) linkSync(source, target);
    else copy(source, target);
  } catch {
    // Another file system, or one without links.
    copy(source, target);
  }
}

function copy(source: string, target: string): void {
  copyFileSync(source, target, constants.COPYFILE_FICLONE);
  chmodSync(target, statSync(source).mode & MODES.ownerRuns ? MODES.program : MODES.file);
}
