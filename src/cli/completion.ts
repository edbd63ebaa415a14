// `brisk completion`: scripts that let a shell complete words. A script asks the program itself, so that
// it knows what this version knows, and the names of what is on the platform.

import type { Command } from "commander";
import { toObjects, toText } from "./answers.ts";
import { findCommand, findOperand } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { type CliContext, openClient } from "./context.ts";

const BASH = `# bash completion of brisk; made by: brisk completion bash
_brisk() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(brisk completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _brisk brisk`;

const ZSH = `#compdef brisk
# zsh completion of brisk; made by: brisk completion zsh
_brisk() {
  local -a found
  found=("\${(@f)$(brisk completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
if [[ $funcstack[1] == _brisk ]]; then _brisk "$@"; else compdef _brisk brisk; fi`;

const FISH = `# fish completion of brisk; made by: brisk completion fish
function __brisk_words
  set -l typed (commandline -opc)
  brisk completion words -- $typed[2..] (commandline -ct) 2>/dev/null
end
complete -c brisk -a '(__brisk_words)'`;

const SHELLS = {
  bash: {
    script: BASH,
    examples: `
  source <(brisk completion bash)
  brisk completion bash > ~/.local/share/bash-completion/completions/brisk`,
  },
  fish: {
    script: FISH,
    examples: "\n  brisk completion fish > ~/.config/fish/completions/brisk.fish",
  },
  zsh: {
    script: ZSH,
    examples: `\n  brisk completion zsh > "\${fpath[1]}/_brisk"`,
  },
} as const;

export function addCompletion(completion: Command, context: CliContext): void {
  for (const [shell, { script, examples }] of Object.entries(SHELLS)) {
    completion
      .command(shell)
      .description(`print the completion script of ${shell}`)
      .addHelpText("after", `\nExamples:${examples}`)
      .action(() => context.terminal.print(script));
  }
  completion
    .command("words", { hidden: true })
    .argument("[WORDS...]")
    .action(async (words: readonly string[]) => {
      const found = await findWords(words, context);
      if (found.length > 0) context.terminal.print(found.join("\n"));
    });
}

/** What the last word may become. None where it may be a file or anything: the shell knows more then. */
async function findWords(
  words: readonly string[],
  context: CliContext,
): Promise<readonly string[]> {
  const before = words.slice(0, -1);
  const begun = words.at(-1) ?? "";
  const fits = (word: string) => word.startsWith(begun);
  const { command, next } = findCommand(before, await context.buildProgram());
  if (takesValue(command, before.at(-1))) return [];
  if (begun.startsWith("-")) return listFlags(command).filter(fits);
  if (command.commands.length > 0) return listVerbs(command).filter(fits);
  const isFirst = findOperand(before, next, command) === before.length;
  return isFirst ? (await listNames(command, context)).filter(fits) : [];
}

function takesValue(command: Command, word: string | undefined): boolean {
  if (word === undefined) return false;
  const option = command.options.find(({ short, long }) => word === short || word === long);
  return option?.required === true;
}

function listFlags(command: Command): readonly string[] {
  const options = command.createHelp().visibleOptions(command);
  return options.flatMap(({ long }) => (long ? [long] : []));
}

function listVerbs(command: Command): readonly string[] {
  const commands = command.createHelp().visibleCommands(command);
  return commands.map((each) => each.name());
}

/** Of what the first argument names, by command. */
const NAMED: Readonly<
  Record<string, "actions" | "activations" | "packages" | "rules" | "triggers">
> = {
  "action delete": "actions",
  "action get": "actions",
  "action invoke": "actions",
  "action update": "actions",
  "activation get": "activations",
  "activation list": "actions",
  "activation logs": "activations",
  "activation poll": "actions",
  "activation result": "activations",
  "package bind": "packages",
  "package delete": "packages",
  "package get": "packages",
  "package update": "packages",
  "rule delete": "rules",
  "rule disable": "rules",
  "rule enable": "rules",
  "rule get": "rules",
  "rule status": "rules",
  "rule update": "rules",
  "trigger delete": "triggers",
  "trigger fire": "triggers",
  "trigger get": "triggers",
  "trigger update": "triggers",
};
const NAMES_MAX = 200;
/** A person waits for it with a finger on the key. */
const WAIT_MS = 1500;

/** What is on the platform; nothing where it does not answer. */
async function listNames(command: Command, context: CliContext): Promise<readonly string[]> {
  const collection = NAMED[`${command.parent?.name()} ${command.name()}`];
  if (collection === undefined) return [];
  try {
    const entries = await openClient(context, command).call({
      method: "GET",
      path: `/namespaces/_/${collection}`,
      query: { limit: NAMES_MAX, skip: 0 },
      signal: AbortSignal.timeout(WAIT_MS),
    });
    return toObjects(entries).map((entry) =>
      collection === "activations" ? toText(entry["activationId"]) : toShortName(entry),
    );
  } catch (cause) {
    // There is nobody to tell: the cursor stands in the middle of a line.
    if (cause instanceof CliError) return [];
    throw cause;
  }
}

/** As it may be typed: with the package, without the own namespace. */
function toShortName(entry: Readonly<Record<string, unknown>>): string {
  const [, inPackage] = toText(entry["namespace"]).split("/");
  const name = toText(entry["name"]);
  return inPackage === undefined ? name : `${inPackage}/${name}`;
}
