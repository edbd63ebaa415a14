// From arguments to an exit code: finds the command, runs it, and words what goes wrong as one sentence.

import { Command, CommanderError } from "commander";
import type { Environment } from "../settings/environment.ts";
import { findCommand, rewriteArguments } from "./arguments.ts";
import { CliError, EXIT } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { createProgram, findUsageExitCode } from "./program.ts";
import { Terminal } from "./terminal.ts";

/** Imported, it would also load its streams, which no command needs: 4 ms. */
const { readFileSync } = process.getBuiltinModule("node:fs");

export async function runCli(args: readonly string[], environment: Environment): Promise<number> {
  const terminal = new Terminal(STREAMS, environment["NO_COLOR"] === undefined);
  let exitCode: number = EXIT.success;
  const context: CliContext = {
    terminal,
    environment,
    version: readVersion(),
    interrupted: listenForInterrupt,
    setExitCode: (code) => {
      exitCode = code;
    },
    buildProgram: () => createProgram(context, "all"),
  };
  let usageExitCode: number = EXIT.general;
  let program = new Command();
  try {
    // `help action create` is `action create --help`, which loads what it shows.
    const asksHelp = args[0] === "help";
    const typed = asksHelp ? args.slice(1) : args;
    program = await createProgram(context, typed);
    usageExitCode = findUsageExitCode(typed, program);
    // A name that is not there is refused as it is without `help`.
    const isKnown = typed.length === 0 || findCommand(typed, program).command !== program;
    const rewritten = asksHelp && isKnown ? [...typed, "--help"] : rewriteArguments(typed, program);
    await program.parseAsync(rewritten, { from: "user" });
    return exitCode;
  } catch (cause) {
    if (!(cause instanceof CommanderError)) return await toFailure(cause, terminal);
    if (cause.exitCode === 0) return exitCode;
    // Help that was not asked for has been printed, and says it all.
    if (cause.code !== "commander.help") {
      const { describeUsageError } = await import("./usage-error.ts");
      terminal.printError(describeUsageError(cause, findCommand(args, program).command));
    }
    return usageExitCode;
  }
}

/** What has printed its own message already ends with its code; our own mistakes are not caught. */
async function toFailure(cause: unknown, terminal: Terminal): Promise<number> {
  if (cause instanceof CliError) {
    terminal.printError(cause.message);
    return cause.exitCode;
  }
  // Loaded here, as what goes well does not need them.
  const { SettingError } = await import("../settings/parse.ts");
  if (cause instanceof SettingError) {
    terminal.printError(cause.message);
    return EXIT.usage;
  }
  const { BriskError } = await import("../kernel/errors.ts");
  if (cause instanceof BriskError) {
    terminal.printError(cause.message);
    return EXIT.general;
  }
  throw cause;
}

/** Opened when something is printed: a stream that is not needed takes time too. */
const STREAMS = {
  get out() {
    return endingQuietly(process.stdout);
  },
  get err() {
    return endingQuietly(process.stderr);
  },
};

/** `brisk action list | head -1` is no error. */
function endingQuietly(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (!stream.listeners("error").includes(onStreamError)) stream.on("error", onStreamError);
  return stream;
}

function onStreamError(cause: NodeJS.ErrnoException): void {
  if (cause.code === "EPIPE") process.exit(EXIT.success);
  throw cause;
}

function listenForInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
}

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
