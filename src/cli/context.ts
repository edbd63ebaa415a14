// What every command is given: where it prints, what the environment says, and the client of the
// platform that its flags name.

import { type Command, Option } from "commander";
import type { Environment } from "../settings/environment.ts";
import {
  type Chosen,
  type ConnectionFlags,
  chooseConnection,
  openConnection,
} from "./connection.ts";
import { RestClient } from "./rest-client.ts";
import type { Terminal } from "./terminal.ts";
import type { Trace } from "./trace.ts";

export interface CliContext {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly version: string;
  /** Ends with the first Ctrl-C of a command that asks for it. */
  interrupted(): AbortSignal;
  /** The exit code of a command that did its work and still must not end with 0. */
  setExitCode(code: number): void;
  /** The command tree with every noun's commands, which costs; for what describes all of them. */
  buildProgram(): Promise<Command>;
}

interface TraceFlags {
  readonly verbose?: boolean;
  readonly debug?: boolean;
}

/** The flags of `addConnectionOptions`, wherever on the command line they were given. */
export function readConnectionFlags(command: Command): ConnectionFlags & TraceFlags {
  const own = command.opts<Record<string, unknown>>();
  const above = command.parent === null ? {} : readConnectionFlags(command.parent);
  const text = (name: keyof ConnectionFlags) =>
    // `property get --auth` has a flag of that name that is no text.
    typeof own[name] === "string" ? { [name]: own[name] } : {};
  const isOn = (name: "insecure" | keyof TraceFlags) =>
    own[name] === true ? { [name]: true } : {};
  return {
    ...above,
    ...text("apihost"),
    ...text("apiversion"),
    ...text("auth"),
    ...text("cert"),
    ...text("key"),
    ...isOn("insecure"),
    ...isOn("verbose"),
    ...isOn("debug"),
  };
}

const CONNECTION_OPTIONS = [
  ["--apihost <HOST>", "the platform's URL, or host name with https"],
  ["--apiversion <VERSION>", "version of the API (default: v1)"],
  ["-u, --auth <KEY>", "authorization key, UUID:KEY"],
  ["--cert <FILE>", "client certificate"],
  ["--key <FILE>", "client certificate's key"],
  ["-i, --insecure", "do not check the server's certificate"],
  ["-v, --verbose", "show requests and answers, without secrets"],
  ["-d, --debug", "the same, with bodies in full"],
] as const;

export function addConnectionOptions(command: Command, { isHidden = false } = {}): Command {
  for (const [flags, meaning] of CONNECTION_OPTIONS) {
    command.addOption(new Option(flags, meaning).helpGroup("Connection:").hideHelp(isHidden));
  }
  return command;
}

export interface OpenOptions {
  readonly needsAuth?: boolean;
}

export function openClient(
  context: CliContext,
  command: Command,
  { needsAuth = true }: OpenOptions = {},
): RestClient {
  const { environment, version } = context;
  const flags = readConnectionFlags(command);
  const chosen = chooseConnection(flags, environment);
  const { insecure } = flags;
  return new RestClient({
    connection: openConnection(chosen, { insecure, needsAuth }),
    environment,
    userAgent: `brisk/${version} (${process.platform} ${process.arch})`,
    openTrace: findTrace(context, { flags, chosen }),
  });
}

function findTrace(
  { environment, terminal }: CliContext,
  { flags, chosen }: { flags: TraceFlags; chosen: Chosen },
): (() => Promise<Trace>) | undefined {
  const isWhole = flags.debug === true || Boolean(environment["WSK_CLI_DEBUG"]);
  if (!isWhole && flags.verbose !== true) return undefined;
  return async () => {
    const { Trace } = await import("./trace.ts");
    return new Trace(terminal, { auth: chosen.auth, isWhole });
  };
}
