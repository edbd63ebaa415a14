// What the command line library does not know and `wsk` does: options with two values (`-p KEY VALUE`),
// and short options of two letters (`-ns`). Arguments are rewritten before it sees them.

import { type Command, InvalidArgumentError, type Option } from "commander";
import { CliError } from "./cli-error.ts";

const TWO_LETTERS: Readonly<Record<string, string>> = { "-ns": "--namespace" };

export interface FoundCommand {
  readonly command: Command;
  /** Index of the first argument after the command's name. */
  readonly next: number;
}

/** Index of the first argument that is neither an option of `command` nor such an option's value. */
export function findOperand(args: readonly string[], from: number, command: Command): number {
  let index = from;
  while (index < args.length) {
    const argument = args[index] ?? "";
    if (!argument.startsWith("-") || argument === "-") return index;
    index += findOption(command, argument)?.required === true ? 2 : 1;
  }
  return args.length;
}

/** The command that is named, as far down as names lead. */
export function findCommand(args: readonly string[], program: Command): FoundCommand {
  let found: FoundCommand = { command: program, next: 0 };
  for (;;) {
    const at = findOperand(args, found.next, found.command);
    const command = found.command.commands.find((each) => each.name() === args[at]);
    if (command === undefined) return found;
    found = { command, next: at + 1 };
  }
}

/** `-p KEY VALUE` becomes `--param=["KEY","VALUE"]`, which `parsePair` takes apart. */
export function rewriteArguments(args: readonly string[], program: Command): string[] {
  const { command, next } = findCommand(args, program);
  const result = args.slice(0, next);
  let index = next;
  while (index < args.length) {
    const argument = args[index] ?? "";
    if (argument === "--") break;
    const [switched, isOn] = parseSwitch(argument, command);
    if (isOn !== undefined) {
      if (isOn) result.push(switched);
      index += 1;
      continue;
    }
    const option = findOption(command, TWO_LETTERS[argument] ?? argument);
    const isPair = option !== undefined && isPairOption(option);
    const last = index + countValues(option, isPair);
    if (isPair) result.push(joinPair(option, args.slice(index + 1, last + 1)));
    else if (option?.long && argument in TWO_LETTERS) result.push(option.long);
    else result.push(argument);
    if (!isPair) result.push(...args.slice(index + 1, last + 1));
    index = last + 1;
  }
  return [...result, ...args.slice(index)];
}

/** What `rewriteArguments` made of two words; `--param=KEY`, which it leaves alone, is refused. */
export function parsePair(text: string): readonly [key: string, value: string] {
  const [key, value, ...others] = parseTexts(text);
  if (key !== undefined && value !== undefined && others.length === 0) return [key, value];
  throw new InvalidArgumentError("It must be two words, KEY VALUE.");
}

function parseTexts(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : [];
  } catch {
    // Not what was made here, but what was typed.
    return [];
  }
}

/** `--blocking=true`, as Go programs take it; `undefined` for anything else. */
function parseSwitch(argument: string, command: Command): [option: string, isOn?: boolean] {
  const [, name = "", value] = /^(--?[a-z-]+)=(true|false)$/i.exec(argument) ?? [];
  const option = findOption(command, name);
  if (option === undefined || option.required || option.optional) return [argument];
  return [name, value?.toLowerCase() === "true"];
}

function findOption(command: Command, argument: string): Option | undefined {
  return command.options.find(({ short, long }) => argument === short || argument === long);
}

function isPairOption({ flags }: Option): boolean {
  return /<\S+ \S+>$/.test(flags);
}

function countValues(option: Option | undefined, isPair: boolean): number {
  if (isPair) return 2;
  return option?.required === true && !option.variadic ? 1 : 0;
}

function joinPair({ long }: Option, pair: readonly string[]): string {
  if (pair.length < 2) throw new CliError(`${long} needs a key and a value: ${long} KEY VALUE`);
  return `${long}=${JSON.stringify(pair)}`;
}
