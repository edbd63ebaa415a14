// `brisk action versions` and `alias`: which versions of an action are kept, and which of them run.

import type { Command } from "commander";
import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { toNumber } from "../kernel/lossless-json.ts";
import { formatTime } from "./activation-table.ts";
import { findAnnotation, toObject, toObjects, toText } from "./answers.ts";
import { attempt, CliError, EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { formatTable } from "./table.ts";
import { parseEntityName, toResourcePath } from "./typed-name.ts";

const ALIASES = "aliases";

export function addVersions(noun: Command, context: CliContext): void {
  const command = noun
    .command("versions")
    .description("list an action's versions: the current one, then those that are kept")
    .argument("<NAME>", "the action")
    .addHelpText("after", "\nExample:\n  brisk action versions hello");
  addConnectionOptions(command).action(async (typed: string) => {
    const name = parseEntityName(typed);
    await attempt(`list the versions of action '${name.entity}'`, async () => {
      const path = toResourcePath("actions", name);
      const query = { versions: true };
      const versions = await openClient(context, command).call({ method: "GET", path, query });
      context.terminal.print(formatVersions(toObjects(versions)));
    });
  });
}

/** The current one comes first, and has the aliases. */
function formatVersions(versions: readonly JsonObject[]): string {
  const aliases = Object.entries(toAliases(versions[0] ?? {}));
  const rows = versions.map((version, index) => {
    const named = toText(version["version"]);
    return [
      named,
      formatTime(toNumber(version["updated"])),
      toText(findAnnotation(version, "exec")),
      index === 0 ? "current" : "kept",
      aliases.flatMap(([alias, weights]) => describeShare(alias, weights, named)).join(", "),
    ];
  });
  return formatTable([["Version", "Datetime", "Kind", "State", "Aliases"], ...rows]);
}

function toAliases(action: JsonObject): JsonObject {
  const value = findAnnotation(action, ALIASES);
  return isJsonObject(value) ? value : {};
}

/** `live 90%`, or nothing where the alias does not name the version. */
function describeShare(alias: string, value: unknown, version: string): readonly string[] {
  const weights = isJsonObject(value) ? value : {};
  if (!Object.hasOwn(weights, version)) return [];
  const whole = Object.values(weights).reduce<number>((sum, weight) => sum + toNumber(weight), 0);
  const share = (100 * toNumber(weights[version])) / whole;
  return [`${alias} ${Number(share.toFixed(2))}%`];
}

export function addAlias(noun: Command, context: CliContext): void {
  const command = noun
    .command("alias")
    .description("name versions of an action, and share its runs out among them")
    .argument("<NAME>", "the action")
    .argument("<ALIAS=VERSIONS...>", "the alias and its versions with weights; none removes it")
    .addHelpText(
      "after",
      `
Examples:
  brisk action alias hello live=0.0.3:90,0.0.4:10     one of ten runs is of 0.0.4
  brisk action alias hello default=0.0.3              what everybody gets who asks for nothing else
  brisk action alias hello live= default=             removes both`,
    );
  addConnectionOptions(command).action(async (typed: string, definitions: readonly string[]) => {
    const name = parseEntityName(typed);
    const given = definitions.map(parseDefinition);
    await attempt(`set aliases of action '${name.entity}'`, async () => {
      const client = openClient(context, command);
      const path = toResourcePath("actions", name);
      const before = await client.call({ method: "GET", path, query: { code: false } });
      const merged = Object.entries({
        ...toAliases(toObject(before)),
        ...Object.fromEntries(given),
      }).filter(([, weights]) => weights !== undefined);
      const body =
        merged.length === 0
          ? { delAnnotations: [ALIASES] }
          : { annotations: [{ key: ALIASES, value: Object.fromEntries(merged) }] };
      const query = { overwrite: true };
      await client.call({ method: "PUT", path, query, body: JSON.stringify(body) });
    });
    context.terminal.printOk(`set aliases of action ${context.terminal.bold(name.entity)}`);
  });
}

type Definition = readonly [alias: string, weights: JsonObject | undefined];

/** `live=0.0.3:90,0.0.4:10`, `live=0.0.3`, or `live=`; what they may be is for the server to say. */
function parseDefinition(text: string): Definition {
  const [, alias, versions] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (alias === undefined || versions === undefined) throw notDefinition(text);
  if (versions === "") return [alias, undefined];
  const weights = versions.split(",").map((part) => {
    const [, version, weight = "1"] = /^([^:]+)(?::(\d+))?$/.exec(part) ?? [];
    if (version === undefined) throw notDefinition(text);
    return [version, Number(weight)] as const;
  });
  return [alias, Object.fromEntries(weights)];
}

function notDefinition(text: string): CliError {
  const sentence = `'${text}' is no alias with its versions, must be like live=0.0.3:90,0.0.4:10`;
  return new CliError(sentence, { exitCode: EXIT.usage });
}
