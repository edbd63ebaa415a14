// The command tree. Nouns are known by name and one line; a noun's commands are loaded when it is named,
// so that a command starts without the other ones.

import { Command } from "commander";
import { findOperand } from "./arguments.ts";
import { addConnectionOptions, type CliContext } from "./context.ts";

/** Adds a noun's commands to it. */
export type AddCommands = (noun: Command, context: CliContext) => void;

interface Noun {
  readonly summary: string;
  readonly load: () => Promise<AddCommands>;
}

const NOUNS: Readonly<Record<string, Noun>> = {
  up: {
    summary: "start the platform on this machine",
    load: async () => (await import("./up.ts")).addUp,
  },
  action: {
    summary: "work with actions",
    load: async () => (await import("./action.ts")).addActionCommands,
  },
  activation: {
    summary: "work with activations",
    load: async () => (await import("./activation.ts")).addActivationCommands,
  },
  namespace: {
    summary: "work with namespaces",
    load: async () => (await import("./namespace.ts")).addNamespaceCommands,
  },
  property: {
    summary: "work with the host and key that commands use",
    load: async () => (await import("./property.ts")).addPropertyCommands,
  },
  runtime: {
    summary: "add and remove the languages' runtimes of a platform on this machine",
    load: async () => (await import("./runtime.ts")).addRuntimeCommands,
  },
  admin: {
    summary: "work with users and limits of a platform on this machine",
    load: async () => (await import("./admin.ts")).addAdminCommands,
  },
  completion: {
    summary: "print the completion script of a shell",
    load: async () => (await import("./completion.ts")).addCompletion,
  },
};

const EXAMPLES = `
Examples:
  brisk up                                  start the platform here
  brisk action create hello hello.ts        make an action of a file
  brisk action invoke hello -p name Ada -r  run it, and print its result
  brisk activation logs --last              what it printed
  brisk action create --help                everything about one command`;

/** The whole tree where nothing is named, else with the commands of the noun that `args` name. */
export async function createProgram(
  context: CliContext,
  args: readonly string[] | "all",
): Promise<Command> {
  const program = addConnectionOptions(new Command("brisk"))
    .description("Brisk runs actions when something happens. It is compatible with OpenWhisk.")
    .version(context.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help, or a command's")
    .addHelpText("after", EXAMPLES)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.print(text.trimEnd()),
      writeErr: (text) => context.terminal.printAside(text.trimEnd()),
      outputError: (text) => context.terminal.printError(text.replace(/^error: /, "")),
    });
  const named = args === "all" ? undefined : args[findOperand(args, 0, program)];
  for (const [name, { summary, load }] of Object.entries(NOUNS)) {
    const noun = program.command(name).description(summary).enablePositionalOptions();
    if (args === "all" || named === name) (await load())(noun, context);
  }
  return program;
}
