// The properties file in which clients keep host and key: which one is meant, what stands in it, and
// how a line of it is changed. The format is that of `wsk`: KEY=VALUE lines, `#` begins a comment.

import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { describeSystemError } from "../kernel/system-error.ts";
import { defaultDataDirectory, type Environment } from "../settings/environment.ts";
import { CliError } from "./cli-error.ts";

/** Not imported: see run.ts. */
const { readFileSync, realpathSync, renameSync, writeFileSync } =
  process.getBuiltinModule("node:fs");

export interface Properties {
  /** Where they were found; the last place that was tried where there are none. */
  readonly path: string;
  readonly values: Readonly<Record<string, string>>;
}

const PRIVATE_FILE = 0o600;

/**
 * One file, never a mix of several: a key of one platform must not be sent to the host of another.
 * `WSK_CONFIG_FILE` counts even where it is empty or names nothing; there are no properties then.
 */
export function readProperties(environment: Environment): Properties {
  const chosen = environment["WSK_CONFIG_FILE"];
  if (chosen !== undefined) return readFile(chosen) ?? { path: chosen, values: {} };
  const ofPlatform = platformPropertiesPath(environment);
  return readFile(homePropertiesPath()) ?? readFile(ofPlatform) ?? { path: ofPlatform, values: {} };
}

/** What `brisk up` wrote for its first user. */
function platformPropertiesPath(environment: Environment): string {
  return join(environment["BRISK_DATA"] || defaultDataDirectory(), "wskprops");
}

function homePropertiesPath(): string {
  return join(homedir(), ".wskprops");
}

function readFile(path: string): Properties | undefined {
  const text = readText(path);
  return text === undefined ? undefined : { path, values: parseProperties(text) };
}

function readText(path: string): string | undefined {
  if (path === "") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const reason = describeSystemError(cause);
    throw new CliError(`Unable to read the properties file '${path}': ${reason}`, { cause });
  }
}

function parseProperties(text: string): Record<string, string> {
  const lines = text.split("\n").map(parseLine);
  return Object.fromEntries(lines.filter((line) => line !== undefined));
}

function parseLine(line: string): [key: string, value: string] | undefined {
  const bare = line.replace(/#.*/, "");
  const at = bare.indexOf("=");
  if (at === -1) return undefined;
  return [bare.slice(0, at).trim(), bare.slice(at + 1).trim()];
}

/**
 * Sets properties, or removes those that are `undefined`, in the user's own file, never in a data
 * directory's. Comments and the order of lines stay. A file that is begun takes the host along that was
 * in use until then, as the key alone would be worth nothing; but no key, which is for one host only.
 */
export function writeProperties(
  environment: Environment,
  changes: Readonly<Record<string, string | undefined>>,
): void {
  const path = environment["WSK_CONFIG_FILE"] ?? homePropertiesPath();
  if (path === "") throw new CliError("WSK_CONFIG_FILE is empty, must name a file");
  const text = readText(path) ?? beginFile(environment);
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const kept = lines.filter((line) => !Object.hasOwn(changes, parseLine(line)?.[0] ?? ""));
  const added = Object.entries(changes).filter(([, value]) => value !== undefined);
  const result = [...kept, ...added.map(([key, value]) => `${key}=${value}`)];
  replaceFile(path, result.map((line) => `${line}\n`).join(""));
}

function beginFile(environment: Environment): string {
  const host = readProperties(environment).values["APIHOST"];
  return host === undefined ? "" : `APIHOST=${host}\n`;
}

/** Whole or not at all; a link, as dotfile collections have it, stays one. */
function replaceFile(path: string, text: string): void {
  const target = resolveLink(path);
  const unfinished = `${target}.${process.pid}`;
  try {
    writeFileSync(unfinished, text, { mode: PRIVATE_FILE });
    renameSync(unfinished, target);
  } catch (cause) {
    const reason = describeSystemError(cause);
    throw new CliError(`Unable to write the properties file '${path}': ${reason}`, { cause });
  }
}

function resolveLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It does not exist yet.
    return resolve(path);
  }
}
