// Parameters and annotations as flags give them: pairs, files and init parameters, merged from left to
// right, so that what comes later wins.

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { KeyValue } from "../entities/action.ts";
import { isJsonObject } from "../kernel/json.ts";
import { parseLossless } from "../kernel/lossless-json.ts";
import { describeSystemError } from "../kernel/system-error.ts";
import { parsePair } from "./arguments.ts";
import { CliError, EXIT } from "./cli-error.ts";

/** Filled while the command line is parsed; read when the command runs. */
export class KeyValueFlags {
  readonly #entries = new Map<string, KeyValue>();

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add(key: string, value: unknown): void {
    this.#entries.delete(key);
    this.#entries.set(key, { key, value });
  }

  addInit(key: string, value: unknown): void {
    this.#entries.delete(key);
    this.#entries.set(key, { key, value, init: true });
  }

  addFile(path: string): void {
    for (const [key, value] of Object.entries(readObject(path))) this.add(key, value);
  }

  toArray(): readonly KeyValue[] {
    return [...this.#entries.values()];
  }

  toObject(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.toArray().map(({ key, value }) => [key, value]));
  }
}

export function addParameterOptions(command: Command): KeyValueFlags {
  const flags = new KeyValueFlags();
  command
    .option(
      "-p, --param <KEY VALUE>",
      "parameter; the value is JSON if it parses, else text",
      (text) => addPair(flags, text),
    )
    .option(
      "-P, --param-file <FILE>",
      "file with parameters as one JSON object; - is stdin",
      (path) => flags.addFile(path),
    );
  return flags;
}

export function addAnnotationOptions(command: Command): KeyValueFlags {
  const flags = new KeyValueFlags();
  command
    .option(
      "-a, --annotation <KEY VALUE>",
      "annotation; the value is JSON if it parses, else text",
      (text) => addPair(flags, text),
    )
    .option(
      "-A, --annotation-file <FILE>",
      "file with annotations as one JSON object; - is stdin",
      (path) => flags.addFile(path),
    );
  return flags;
}

export function addPairOption(
  command: Command,
  { flags, meaning }: { readonly flags: string; readonly meaning: string },
): KeyValueFlags {
  const pairs = new KeyValueFlags();
  command.option(flags, meaning, (text) => addPair(pairs, text));
  return pairs;
}

export function addEnvironmentOption(command: Command, parameters: KeyValueFlags): void {
  const meaning = "parameter that the code finds in its environment instead of its arguments";
  command.option("-e, --env <KEY VALUE>", meaning, (text) => {
    const [key, value] = parsePair(text);
    parameters.addInit(key, parseValue(value));
  });
}

function addPair(flags: KeyValueFlags, text: string): void {
  const [key, value] = parsePair(text);
  flags.add(key, parseValue(value));
}

function parseValue(text: string): unknown {
  try {
    return parseLossless(text);
  } catch {
    // Not JSON: it is a text as it stands.
    return text;
  }
}

const STDIN = 0;

function readObject(path: string): Readonly<Record<string, unknown>> {
  const text = readText(path);
  let value: unknown;
  try {
    value = parseLossless(text);
  } catch (cause) {
    throw new CliError(`File '${path}' is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (isJsonObject(value)) return value;
  throw new CliError(`File '${path}' must hold one JSON object`);
}

function readText(path: string): string {
  try {
    return readFileSync(path === "-" ? STDIN : path, "utf8");
  } catch (cause) {
    const message = `File '${path}' is not a valid file or it does not exist: ${describeSystemError(cause)}`;
    throw new CliError(message, { exitCode: EXIT.usage, cause });
  }
}
