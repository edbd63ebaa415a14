// The modules that every action may import without bundling them, with everything they need: found from
// their package.json files, wherever npm has put them, and laid out so that Node finds them again.

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface ModuleCopy {
  /** The package's directory on this machine. */
  readonly source: string;
  /** Its path below the copy's `node_modules`. */
  readonly target: string;
  readonly version: string;
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** @param from a directory of the package that depends on them */
export function collectModules(names: readonly string[], from: string): ModuleCopy[] {
  const placed = new Map<string, ModuleCopy>();
  const open = names.map((name) => ({ name, from, above: "" }));
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const source = findPackage(next.name, next.from);
    // Beside each other where that is unambiguous, as npm does; another version below who needs it.
    const isTaken = placed.has(next.name) && placed.get(next.name)?.source !== source;
    const target = isTaken ? join(next.above, "node_modules", next.name) : next.name;
    if (placed.has(target)) continue;
    const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as Manifest;
    placed.set(target, { source, target, version: manifest.version });
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      open.push({ name, from: source, above: target });
    }
  }
  return [...placed.values()];
}

/** As Node looks for it: in the `node_modules` of the directory and of those above. */
function findPackage(name: string, from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    const modules =
      basename(directory) === "node_modules" ? directory : join(directory, "node_modules");
    const candidate = join(modules, name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (directory === dirname(directory)) {
      throw new Error(`Brisk's installation is not complete: the package ${name} is missing`);
    }
  }
}
