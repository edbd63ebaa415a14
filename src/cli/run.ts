// From arguments to an exit code: finds the command, runs it, and words what goes wrong as one sentence.

import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { BriskError } from "../kernel/errors.ts";
import type { Environment } from "../settings/environment.ts";
import { SettingError } from "../settings/parse.ts";
import { rewriteArguments } from "./arguments.ts";
import { CliError, EXIT } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { createProgram, findUsageExitCode } from "./program.ts";
import { Terminal } from "./terminal.ts";

export async function runCli(args: readonly string[], environment: Environment): Promise<number> {
  const streams = { out: process.stdout, err: process.stderr };
  const terminal = new Terminal(streams, environment["NO_COLOR"] === undefined);
  endQuietlyWithReader();
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
  try {
    const program = await createProgram(context, args);
    usageExitCode = findUsageExitCode(args, program);
    await program.parseAsync(rewriteArguments(args, program), { from: "user" });
    return exitCode;
  } catch (cause) {
    // Commander has printed by itself, and ends help with 0.
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? exitCode : usageExitCode;
    return toFailure(cause, terminal);
  }
}

/** What has printed its own message already ends with its code; our own mistakes are not caught. */
function toFailure(cause: unknown, terminal: Terminal): number {
  if (cause instanceof CliError) {
    terminal.printError(cause.message);
    return cause.exitCode;
  }
  if (cause instanceof SettingError) {
    terminal.printError(cause.message);
    return EXIT.usage;
  }
  if (cause instanceof BriskError) {
    terminal.printError(cause.message);
    return EXIT.general;
  }
  throw cause;
}

/** `brisk action list | head -1` is no error. */
function endQuietlyWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "EPIPE") process.exit(EXIT.success);
      throw cause;
    });
  }
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
