// What was wrong with a command's arguments, in one sentence, and where to find what is right.

import type { Command, CommanderError } from "commander";

export function describeUsageError({ message }: CommanderError, command: Command): string {
  const sentence = message
    .replace(/^error: /, "")
    .trim()
    // Two sentences are one about the other.
    .replace(/\. (It must|Expected|Allowed)/, (_, next: string) => `: ${next.toLowerCase()}`)
    .replace(/\.$/, "");
  // The nearest name, and what an option's value must be, say it already.
  if (/\(Did you mean |: (it must|allowed) /.test(sentence)) return sentence;
  return `${sentence}; see '${toPath(command)} --help'`;
}

function toPath(command: Command): string {
  const above = command.parent === null ? "" : `${toPath(command.parent)} `;
  return `${above}${command.name()}`;
}
