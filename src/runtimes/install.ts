// Adds and removes runtimes: Node's binaries as npm has them, one package a platform, fetched by the npm
// that installed Brisk.

import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  findInstalled,
  type InstalledRuntime,
  listRuntimes,
  PROGRAM_NAME,
  toInstalledDirectory,
  toRuntimesDirectory,
  VERSION_FILE,
} from "./installed.ts";
import { makeDirectory } from "./public-directory.ts";

export interface InstallOptions {
  readonly dataDirectory: string;
  readonly kind: string;
  /** Told what is being done, in a few words. */
  readonly onProgress: (text: string) => void;
}

const MODES = { directory: 0o755, program: 0o755 };
const ERROR_LINES_MAX = 3;

/**
 * Fetches the newest version of a kind. Where one is installed already it is replaced: containers that
 * run keep theirs. Rejects with a sentence.
 */
export async function installRuntime(options: InstallOptions): Promise<InstalledRuntime> {
  const { dataDirectory, kind, onProgress } = options;
  refuseUnknown(dataDirectory, kind);
  const directory = toRuntimesDirectory(dataDirectory);
  makeDirectory(directory, MODES.directory);
  const workplace = mkdtempSync(join(directory, "adding-"));
  try {
    const name = `node-linux-${process.arch}`;
    const range = `${name}@${kind.split(":")[1]}`;
    onProgress(`fetching ${range} with npm`);
    await runNpm(["install", "--prefix", workplace, range]);
    const version = place(join(workplace, "node_modules", name), dataDirectory, kind);
    onProgress(`${kind} is Node ${version}`);
  } finally {
    rmSync(workplace, { recursive: true, force: true });
  }
  const installed = findInstalled(dataDirectory, kind);
  if (installed === undefined) throw new Error(`Cannot add ${kind}: npm delivered no program`);
  return installed;
}

/** @returns whether it was installed. Containers that run keep their program until they end. */
export function removeRuntime(dataDirectory: string, kind: string): boolean {
  refuseUnknown(dataDirectory, kind);
  const isInstalled = findInstalled(dataDirectory, kind) !== undefined;
  rmSync(toInstalledDirectory(dataDirectory, kind), { recursive: true, force: true });
  return isInstalled;
}

function refuseUnknown(dataDirectory: string, kind: string): void {
  const listed = listRuntimes(dataDirectory);
  const entry = listed.find((each) => each.kind === kind);
  if (entry?.carried) throw new Error(`${kind} comes with Brisk: it is neither added nor removed`);
  if (entry !== undefined) return;
  const known = listed.filter((each) => !each.carried).map((each) => each.kind);
  throw new Error(`There is no runtime ${kind}; there are ${known.join(", ")}`);
}

/** Moves what the package has to where it is looked for. @returns the version */
function place(delivered: string, dataDirectory: string, kind: string): string {
  const manifest = join(delivered, "package.json");
  if (!existsSync(manifest))
    throw new Error(`Cannot add ${kind}: npm has none for ${process.arch}`);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const target = toInstalledDirectory(dataDirectory, kind);
  const unfinished = `${target}.${process.pid}`;
  makeDirectory(unfinished, MODES.directory);
  renameSync(join(delivered, "bin", "node"), join(unfinished, PROGRAM_NAME));
  chmodSync(join(unfinished, PROGRAM_NAME), MODES.program);
  writeFileSync(join(unfinished, VERSION_FILE), `${version}\n`);
  rmSync(target, { recursive: true, force: true });
  renameSync(unfinished, target);
  return version;
}

/** Its own output is kept for the error, where its last lines say why. */
async function runNpm(command: readonly string[]): Promise<void> {
  const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const child = spawn("npm", [...command, ...options], { stdio: ["ignore", "ignore", "pipe"] });
  const { code, text } = await collect(child);
  if (code === 0) return;
  const lines = text.trim().split("\n").slice(0, ERROR_LINES_MAX);
  throw new Error(`npm could not fetch it: ${lines.join(" ").replaceAll("npm error ", "")}`);
}

function collect(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    child.once("error", (cause) =>
      reject(new Error("npm is needed to add a runtime, and is not on the PATH", { cause })),
    );
    child.once("close", (code) => resolve({ code, text }));
  });
}
