// `brisk property`: which host, key and API version commands use, and what the platform says of itself.

import type { Command } from "commander";
import { toObject, toText } from "./answers.ts";
import { attempt, CliError } from "./cli-error.ts";
import { type Chosen, chooseConnection, parseHostUrl } from "./connection.ts";
import {
  addConnectionOptions,
  type CliContext,
  openClient,
  readConnectionFlags,
} from "./context.ts";
import { readNamespaces } from "./namespace.ts";
import { writeProperties } from "./properties.ts";

export function addPropertyCommands(noun: Command, context: CliContext): void {
  addGet(noun, context);
  addSet(noun, context);
  addUnset(noun, context);
}

/** Where a property stands: its flag, its key in the file, and what `wsk` calls it in messages. */
interface Property {
  readonly flag: "apihost" | "apiversion" | "auth" | "cert" | "key";
  readonly short?: string;
  readonly key: string;
  readonly label: string;
  readonly meaning: string;
}

const PROPERTIES: readonly Property[] = [
  {
    flag: "apihost",
    key: "APIHOST",
    label: "whisk API host",
    meaning: "the platform's URL, or host name with https",
  },
  {
    flag: "apiversion",
    key: "APIVERSION",
    label: "whisk API version",
    meaning: "version of the API",
  },
  {
    flag: "auth",
    short: "-u, ",
    key: "AUTH",
    label: "whisk auth",
    meaning: "authorization key, UUID:KEY",
  },
  { flag: "cert", key: "CERT", label: "client cert", meaning: "client certificate" },
  { flag: "key", key: "KEY", label: "client key", meaning: "client certificate's key" },
];

function addSet(noun: Command, context: CliContext): void {
  const set = noun
    .command("set")
    .description("write properties into ~/.wskprops, or the file that WSK_CONFIG_FILE names")
    .addHelpText(
      "after",
      `
Examples:
  brisk property set --apihost http://127.0.0.1:3233
  brisk property set --auth $(brisk admin user get alice)`,
    );
  for (const { flag, short = "", meaning } of PROPERTIES) {
    set.option(`${short}--${flag} <VALUE>`, meaning);
  }
  set.action(() => {
    const flags = set.opts<Partial<Record<Property["flag"], string>>>();
    const named = PROPERTIES.filter(({ flag }) => flags[flag] !== undefined);
    if (named.length === 0)
      throw new CliError("No property was named: --help shows which there are");
    for (const { flag } of named) refuseUnwritable(flag, flags[flag] ?? "");
    writeProperties(
      context.environment,
      Object.fromEntries(named.map(({ flag, key }) => [key, flags[flag] ?? ""])),
    );
    for (const { flag, label } of named) {
      // The key is what the file keeps private: it is not shown on the way in.
      const shown = flag === "auth" ? "" : ` to ${context.terminal.bold(flags[flag] ?? "")}`;
      context.terminal.printOk(`${label} set${shown}`);
    }
  });
}

/** The file's format has no way to write them: others would read something else, or nothing. */
function refuseUnwritable(flag: string, value: string): void {
  if (value.trim() === "") {
    throw new CliError(`--${flag} is empty: 'brisk property unset --${flag}' removes it`);
  }
  if (/[=#\r\n]/.test(value)) {
    throw new CliError(
      `--${flag} must hold neither '=' nor '#', which the properties file cannot keep`,
    );
  }
  if (flag === "apihost") parseHostUrl(value);
}

function addUnset(noun: Command, context: CliContext): void {
  const unset = noun
    .command("unset")
    .description("remove properties from that file")
    .addHelpText("after", "\nExamples:\n  brisk property unset --auth --apihost");
  for (const { flag, short = "", label } of PROPERTIES) {
    unset.option(`${short}--${flag}`, label);
  }
  unset.action(() => {
    const flags = unset.opts<Partial<Record<Property["flag"], boolean>>>();
    const named = PROPERTIES.filter(({ flag }) => flags[flag] === true);
    if (named.length === 0)
      throw new CliError("No property was named: --help shows which there are");
    writeProperties(
      context.environment,
      Object.fromEntries(named.map(({ key }) => [key, undefined])),
    );
    for (const { label } of named) context.terminal.printOk(`${label} unset`);
  });
}

interface Shown {
  readonly flag: string;
  readonly short?: string;
  /** With the tabs that follow it, as `wsk` lays it out. */
  readonly label: string;
  readonly read: (asked: Asked) => string | Promise<string>;
}

interface Asked {
  readonly context: CliContext;
  readonly command: Command;
  readonly chosen: Chosen;
}

const SHOWN: readonly Shown[] = [
  { flag: "apihost", label: "whisk API host\t\t", read: ({ chosen }) => chosen.apihost },
  { flag: "auth", short: "-u, ", label: "whisk auth\t\t", read: ({ chosen }) => chosen.auth },
  { flag: "namespace", label: "whisk namespace\t\t", read: readNamespace },
  { flag: "cert", label: "client cert\t\t", read: ({ chosen }) => chosen.cert },
  { flag: "key", label: "Client key\t\t", read: ({ chosen }) => chosen.key },
  { flag: "apiversion", label: "whisk API version\t", read: ({ chosen }) => chosen.apiversion },
  { flag: "cliversion", label: "whisk CLI version\t", read: ({ context }) => context.version },
  { flag: "apibuild", label: "whisk API build\t\t", read: (asked) => readBuild(asked, "build") },
  {
    flag: "apibuildno",
    label: "whisk API build number\t",
    read: (asked) => readBuild(asked, "buildno"),
  },
];

type GetFlags = Readonly<Record<string, unknown>> & { readonly output: string };

function addGet(noun: Command, context: CliContext): void {
  const get = noun
    .command("get")
    .description("show properties, as flags, variables and file give them")
    .option("--all", "all of them, which is what is shown where none is named")
    .option(
      "-o, --output <FORM>",
      "std, or raw: the values alone, of properties that are named",
      "std",
    )
    .addHelpText(
      "after",
      `
Examples:
  brisk property get
  brisk property get --auth --output raw`,
    );
  for (const { flag, short = "", label } of SHOWN) get.option(`${short}--${flag}`, label.trim());
  addSwitches(get).action(async () => {
    const flags = get.opts<GetFlags>();
    const named = SHOWN.filter(({ flag }) => flags[flag] === true);
    const isAll = named.length === 0 || flags["all"] === true;
    const properties = isAll ? SHOWN : named;
    const chosen = chooseConnection(readConnectionFlags(get), context.environment);
    const asked = { context, command: get, chosen };
    if (flags.output === "raw") return await printRaw(isAll ? [] : named, asked);
    if (flags.output !== "std")
      throw new CliError(`--output is '${flags.output}', must be std or raw`);
    await printAll(properties, asked);
  });
}

/** The other flags for a connection are names of properties here. */
function addSwitches(command: Command): Command {
  const all = addConnectionOptions(command.createCommand());
  for (const option of all.options) if (!option.required) command.addOption(option);
  return command;
}

async function printRaw(properties: readonly Shown[], asked: Asked): Promise<void> {
  if (properties.length === 0) {
    throw new CliError(
      "--output raw shows properties that are named: --help shows which there are",
    );
  }
  for (const { read } of properties) asked.context.terminal.print(await read(asked));
}

/** What can be known is shown, also where the platform does not answer; that is said at the end. */
async function printAll(properties: readonly Shown[], asked: Asked): Promise<void> {
  const { terminal } = asked.context;
  let failed: CliError | undefined;
  for (const { label, read } of properties) {
    try {
      terminal.print(`${label}${terminal.bold(await read(asked))}`);
    } catch (cause) {
      if (!(cause instanceof CliError)) throw cause;
      terminal.print(`${label}Unknown`);
      failed ??= cause;
    }
  }
  if (failed !== undefined) throw failed;
}

async function readNamespace({ context, command }: Asked): Promise<string> {
  const [namespace] = await readNamespaces(openClient(context, command));
  if (namespace === undefined) throw new CliError("The key opens no namespace");
  return namespace;
}

async function readBuild({ context, command }: Asked, field: string): Promise<string> {
  const client = openClient(context, command, { needsAuth: false });
  return await attempt("obtain the platform's build", async () => {
    const info = toObject(await client.call({ method: "GET", path: "", isAnonymous: true }));
    return toText(info[field]);
  });
}
