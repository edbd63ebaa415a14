// `brisk completion SHELL`: a script made from the command tree, so that it knows every command and flag
// there is. Names of actions it asks the platform for, with `brisk completion names`.

import { type Command, Option } from "commander";
import { toBashScript, toFishScript, toZshScript } from "./completion-scripts.ts";
import { describeTree } from "./completion-tree.ts";
import { type CliContext, openClient } from "./context.ts";
import { toObjects, toText } from "./records.ts";

const SCRIPTS = { bash: toBashScript, zsh: toZshScript, fish: toFishScript } as const;
type Shell = keyof typeof SCRIPTS;

const NAMES_MAX = 200;

export function addCompletion(noun: Command, context: CliContext): void {
  for (const shell of Object.keys(SCRIPTS) as Shell[]) {
    noun
      .command(shell)
      .description(`print the completion script of ${shell}`)
      .addHelpText("after", INSTALLATION[shell])
      .action(async () => {
        const tree = describeTree(await context.buildProgram());
        context.terminal.print(SCRIPTS[shell](tree).trimEnd());
      });
  }
  const names = noun.command("names", { hidden: true }).description("print the names of actions");
  names.addOption(new Option("--apihost <HOST>").hideHelp()).action(async () => {
    const request = { method: "GET", path: "/namespaces/_/actions", query: { limit: NAMES_MAX } };
    const actions = toObjects(await openClient(context, names).call({ ...request, method: "GET" }));
    const paths = actions.map((action) => {
      const [, inPackage] = toText(action["namespace"]).split("/");
      return [...(inPackage === undefined ? [] : [inPackage]), toText(action["name"])].join("/");
    });
    if (paths.length > 0) context.terminal.print(paths.join("\n"));
  });
}

const INSTALLATION: Readonly<Record<Shell, string>> = {
  bash: `
Examples:
  source <(brisk completion bash)        in this shell
  echo 'source <(brisk completion bash)' >> ~/.bashrc`,
  zsh: `
Examples:
  source <(brisk completion zsh)         in this shell, after compinit
  brisk completion zsh > "\${fpath[1]}/_brisk"`,
  fish: `
Examples:
  brisk completion fish | source         in this shell
  brisk completion fish > ~/.config/fish/completions/brisk.fish`,
};
