// The command tree. Nouns are known by name and one line; a noun's commands are loaded when it is named,
// so that a command starts without the other ones.

import { Command } from "commander";
import { findOperand } from "./arguments.ts";
import { EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext } from "./context.ts";

/** Adds a noun's commands to it, or some of them. */
export type AddCommands = (noun: Command, context: CliContext) => void;

interface Noun {
  readonly summary: string;
  /** Whether flags of the connection may stand between noun and verb, as `wsk` takes them. */
  readonly connects?: boolean;
  /** By verb, where a noun has many: a command that is run loads its own alone, help loads all. */
  readonly loads: Readonly<Record<string, () => Promise<AddCommands>>>;
  /** How wrong arguments end. */
  readonly usageExitCode?: number;
}

/** Of a noun whose verbs are in one file. */
const WHOLE = "";

const NOUNS: Readonly<Record<string, Noun>> = {
  up: {
    summary: "start the platform on this machine",
    loads: { [WHOLE]: async () => (await import("./up.ts")).addUp },
    usageExitCode: EXIT.usage,
  },
  action: {
    summary: "work with actions",
    connects: true,
    loads: {
      create: async () => (await import("./action-create.ts")).addCreate,
      update: async () => (await import("./action-create.ts")).addUpdate,
      invoke: async () => (await import("./action-invoke.ts")).addInvoke,
      get: async () => (await import("./action-get.ts")).addGet,
      versions: async () => (await import("./action-versions.ts")).addVersions,
      alias: async () => (await import("./action-versions.ts")).addAlias,
      delete: async () => (await import("./action-list.ts")).addDelete,
      list: async () => (await import("./action-list.ts")).addList,
    },
  },
  activation: {
    summary: "work with activations",
    connects: true,
    loads: {
      list: async () => (await import("./activation-list.ts")).addList,
      get: async () => (await import("./activation.ts")).addGet,
      logs: async () => (await import("./activation.ts")).addLogs,
      result: async () => (await import("./activation.ts")).addResult,
      poll: async () => (await import("./activation-poll.ts")).addPoll,
    },
  },
  package: {
    summary: "work with packages",
    connects: true,
    loads: {
      create: async () => (await import("./package-write.ts")).addCreate,
      update: async () => (await import("./package-write.ts")).addUpdate,
      bind: async () => (await import("./package-write.ts")).addBind,
      get: async () => (await import("./package.ts")).addGet,
      delete: async () => (await import("./package.ts")).addDelete,
      list: async () => (await import("./package.ts")).addList,
    },
  },
  trigger: {
    summary: "work with triggers",
    connects: true,
    loads: {
      create: async () => (await import("./trigger-write.ts")).addCreate,
      update: async () => (await import("./trigger-write.ts")).addUpdate,
      fire: async () => (await import("./trigger.ts")).addFire,
      get: async () => (await import("./trigger.ts")).addGet,
      delete: async () => (await import("./trigger.ts")).addDelete,
      list: async () => (await import("./trigger.ts")).addList,
    },
  },
  rule: {
    summary: "work with rules, which make triggers run actions",
    connects: true,
    loads: {
      create: async () => (await import("./rule-write.ts")).addCreate,
      update: async () => (await import("./rule-write.ts")).addUpdate,
      enable: async () => (await import("./rule-write.ts")).addEnable,
      disable: async () => (await import("./rule-write.ts")).addDisable,
      status: async () => (await import("./rule.ts")).addStatus,
      get: async () => (await import("./rule.ts")).addGet,
      delete: async () => (await import("./rule.ts")).addDelete,
      list: async () => (await import("./rule.ts")).addList,
    },
  },
  namespace: {
    summary: "work with namespaces",
    connects: true,
    loads: { [WHOLE]: async () => (await import("./namespace.ts")).addNamespaceCommands },
  },
  list: {
    summary: "list all that is in a namespace",
    loads: { [WHOLE]: async () => (await import("./namespace.ts")).addList },
  },
  property: {
    summary: "work with the host and key that commands use",
    loads: { [WHOLE]: async () => (await import("./property.ts")).addPropertyCommands },
  },
  runtime: {
    summary: "add and remove the languages' runtimes of a platform on this machine",
    loads: { [WHOLE]: async () => (await import("./runtime.ts")).addRuntimeCommands },
  },
  admin: {
    summary: "work with users and limits of a platform on this machine",
    loads: { [WHOLE]: async () => (await import("./admin.ts")).addAdminCommands },
    usageExitCode: EXIT.usage,
  },
  completion: {
    summary: "print the completion script of a shell",
    loads: { [WHOLE]: async () => (await import("./completion.ts")).addCompletion },
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
      // Worded where commands end, which knows the command.
      outputError: () => undefined,
    });
  const { noun: named, verb } = args === "all" ? {} : findNames(args, program);
  for (const [name, { summary, connects, loads }] of Object.entries(NOUNS)) {
    const noun = program.command(name).description(summary).enablePositionalOptions();
    if (args !== "all" && named !== name) continue;
    if (connects === true) addConnectionOptions(noun, { isHidden: true });
    const verbs = verb !== undefined && Object.hasOwn(loads, verb) ? [verb] : Object.keys(loads);
    for (const each of verbs) (await loads[each]?.())?.(noun, context);
  }
  return program;
}

function findNames(args: readonly string[], program: Command): { noun?: string; verb?: string } {
  const at = findOperand(args, 0, program);
  const [noun, verb] = [args[at], args[at + 1]];
  return { ...(noun === undefined ? {} : { noun }), ...(verb === undefined ? {} : { verb }) };
}

/** Of what `args` name, where commander refuses them. */
export function findUsageExitCode(args: readonly string[], program: Command): number {
  const { noun = "" } = findNames(args, program);
  return (Object.hasOwn(NOUNS, noun) ? NOUNS[noun]?.usageExitCode : undefined) ?? EXIT.general;
}
