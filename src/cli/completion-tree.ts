// What can be typed, as plain values: the command tree without its actions.

import type { Command } from "commander";

export interface CompletionNode {
  /** Names from the root, `action create`; empty for the root. */
  readonly path: string;
  readonly description: string;
  readonly commands: readonly CompletionNode[];
  readonly flags: readonly CompletionFlag[];
  /** What its arguments are. */
  readonly operands: "actions" | "files" | "none";
}

export interface CompletionFlag {
  /** `--limit`, or a short one. */
  readonly names: readonly string[];
  readonly description: string;
  /** How many values it takes. */
  readonly valueCount: 0 | 1 | 2;
}

export function describeTree(command: Command, above: readonly string[] = []): CompletionNode {
  const visible = command.createHelp().visibleCommands(command);
  const flags = command.createHelp().visibleOptions(command);
  return {
    path: above.join(" "),
    description: command.description(),
    commands: visible
      .filter((each) => each.name() !== "help")
      .map((each) => describeTree(each, [...above, each.name()])),
    flags: flags.map(({ short, long, description, flags: text }) => ({
      names: [long, short].filter((name) => name !== undefined),
      description: description.split("\n", 1)[0] ?? "",
      valueCount: countValues(text),
    })),
    operands: findOperands(above),
  };
}

function countValues(flags: string): 0 | 1 | 2 {
  if (!flags.includes("<")) return 0;
  return /<\S+ \S+>$/.test(flags) ? 2 : 1;
}

function findOperands([noun, verb]: readonly string[]): CompletionNode["operands"] {
  if (noun === "action" && verb === "create") return "files";
  if (noun === "action" && verb !== undefined && verb !== "list") return "actions";
  if (noun === "activation" && (verb === "list" || verb === "poll")) return "actions";
  return "none";
}
