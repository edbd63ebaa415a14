// The data directory: made, held for one platform at a time, and what stands in it for others to read.
//
// The directory itself is 0711, so that the unprivileged users of sandboxes reach the runtimes in it;
// everything else in it is the platform's alone.

import { chmodSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeSystemError } from "../kernel/system-error.ts";
import { SettingError } from "../settings/parse.ts";

export interface DataDirectory extends Disposable {
  /** Absolute. */
  readonly path: string;
  /** What a second platform on the same directory is told. */
  tellHolder(url: string): void;
  /** What clients need, in the form of `.wskprops`. */
  writeProperties(properties: Readonly<Record<string, string>>): void;
}

const PRIVATE_FILE = 0o600;
const TRAVERSABLE = 0o711;

/** Throws a `SettingError` where it cannot be used, or another platform uses it. */
export function openDataDirectory(directory: string): DataDirectory {
  const path = prepare(directory);
  const lock = acquireLock(path);
  const write = (name: string, text: string) => {
    const file = join(path, name);
    writeFileSync(file, text, { mode: PRIVATE_FILE });
    chmodSync(file, PRIVATE_FILE);
  };
  return {
    path,
    tellHolder: (url) => write(HOLDER_FILE, JSON.stringify({ processId: process.pid, url })),
    writeProperties: (properties) => {
      const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
      write("wskprops", lines.join(""));
    },
    [Symbol.dispose]: () => lock.close(),
  };
}

function prepare(directory: string): string {
  try {
    makeDirectory(directory);
    const path = realpathSync(directory);
    chmodSync(path, TRAVERSABLE);
    return path;
  } catch (cause) {
    const reason = describeSystemError(cause);
    throw new SettingError(`The data directory ${directory} cannot be written: ${reason}`, {
      cause,
    });
  }
}

/** With those above it. Node's own way goes round for ever where none can be made, as in /proc. */
export function makeDirectory(directory: string): void {
  const path = resolve(directory);
  if (isDirectory(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: TRAVERSABLE });
  } catch (cause) {
    // Another start may have made it meanwhile.
    if (!isDirectory(path)) throw cause;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

const HOLDER_FILE = "holder.json";

/**
 * SQLite's lock, as Node has none of its own for files: the system takes it back however the process
 * ends, so that nothing has to be cleaned up after a crash.
 */
function acquireLock(path: string): DatabaseSync {
  const file = join(path, "lock.db");
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file, { timeout: 0 });
    chmodSync(file, PRIVATE_FILE);
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (cause) {
    lock?.close();
    const text = describeSystemError(cause);
    const message = text.includes("locked")
      ? `The data directory ${path} is in use by ${readHolder(path)}`
      : `The data directory ${path} cannot be written: ${text}`;
    throw new SettingError(message, { cause });
  }
}

function readHolder(path: string): string {
  try {
    const text = readFileSync(join(path, HOLDER_FILE), "utf8");
    const { processId, url } = JSON.parse(text) as { processId: number; url: string };
    return `brisk up at ${url}, process ${processId}`;
  } catch {
    // It is still starting: the file is written when it is ready.
    return "another brisk up, which is starting";
  }
}
