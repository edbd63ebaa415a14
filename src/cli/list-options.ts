// The flags that every list has.

import { type Command, InvalidArgumentError, Option } from "commander";

export interface ListFlags {
  readonly skip: number;
  readonly limit: number;
  readonly output: "table" | "json";
}

const LIMIT_STANDARD = 30;

export function addListOptions(command: Command): Command {
  return command
    .option("-s, --skip <N>", "leave out the first so many", parseCount, 0)
    .option(
      "-l, --limit <N>",
      "show at most so many, 0 to 200; 0 is 200",
      parseCount,
      LIMIT_STANDARD,
    )
    .addOption(
      new Option("-o, --output <FORM>", "what to print")
        .choices(["table", "json"])
        .default("table"),
    );
}

/** For the parser of a flag. */
export function parseCount(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}
