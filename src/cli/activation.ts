// `brisk activation get`, `logs` and `result`: one activation, and what it printed.

import type { Command } from "commander";
import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { toNumber } from "../kernel/lossless-json.ts";
import { ACTIVATIONS, readActivation, readLogs } from "./activation-requests.ts";
import { formatTime } from "./activation-table.ts";
import { toObject, toObjects, toText } from "./answers.ts";
import { attempt, CliError, EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { stripLine } from "./log-lines.ts";
import { formatJson, sortKeys } from "./lossless-json.ts";
import { printEntity, toActivationRecord } from "./records.ts";
import type { RestClient } from "./rest-client.ts";

interface OneFlags {
  readonly last?: boolean;
  readonly summary?: boolean;
  readonly logs?: boolean;
  readonly strip?: boolean;
}

export function addGet(noun: Command, context: CliContext): void {
  const get = addOne(noun, "get", "show an activation, or one field of it")
    .argument("[FIELD]", "only this field: response, logs, annotations and so on")
    .option("-s, --summary", "show the result only")
    .option("-g, --logs", "show what it printed only, without times")
    .addHelpText(
      "after",
      `
Examples:
  brisk activation get --last
  brisk activation get 44794bd6aab74415b4e42a308d880e5b response`,
    );
  get.action(async (first: string | undefined, second: string | undefined) => {
    const flags = get.opts<OneFlags>();
    // With --last there is no id, and what is named first is the field.
    const [id, field] = flags.last ? [undefined, first] : [first, second];
    if (flags.logs) return await printLogs(context, get, { id, isStripped: true });
    const client = openClient(context, get);
    const known = id ?? (await findLast(client, flags, "get activation"));
    const activation = await attempt(`get activation '${known}'`, async () =>
      toActivationRecord(await readActivation(client, known, "")),
    );
    if (flags.summary) return printSummary(context, activation);
    const exitCode = EXIT.general;
    const got = { of: "activation", record: activation, name: known, field, exitCode } as const;
    return printEntity(context.terminal, got);
  });
}

function printSummary({ terminal }: CliContext, activation: JsonObject): void {
  const response = isJsonObject(activation["response"]) ? activation["response"] : {};
  const name = `/${toText(activation["namespace"])}/${toText(activation["name"])}`;
  const when = formatTime(toNumber(activation["end"] ?? activation["start"]));
  terminal.print(
    `activation result for '${name}' (${toText(response["status"])} at ${when})\n${formatJson(response["result"])}`,
  );
}

export function addLogs(noun: Command, context: CliContext): void {
  const logs = addOne(noun, "logs", "show what an activation printed")
    .option("-r, --strip", "without times and streams")
    .addHelpText("after", "\nExample:\n  brisk activation logs --last --strip");
  logs.action(async (id: string | undefined) => {
    await printLogs(context, logs, { id, isStripped: logs.opts<OneFlags>().strip === true });
  });
}

async function printLogs(
  context: CliContext,
  command: Command,
  { id, isStripped }: { id: string | undefined; isStripped: boolean },
): Promise<void> {
  const client = openClient(context, command);
  const known = id ?? (await findLast(client, command.opts<OneFlags>(), "get logs"));
  const lines = await attempt(`get logs for activation '${known}'`, () => readLogs(client, known));
  for (const line of lines) context.terminal.print(isStripped ? stripLine(line) : line);
}

export function addResult(noun: Command, context: CliContext): void {
  const result = addOne(noun, "result", "show an activation's result").addHelpText(
    "after",
    "\nExample:\n  brisk activation result --last",
  );
  result.action(async (id: string | undefined) => {
    const client = openClient(context, result);
    const known = id ?? (await findLast(client, result.opts<OneFlags>(), "get result"));
    const response = await attempt(`get result for activation '${known}'`, async () =>
      toObject(await readActivation(client, known, "/result")),
    );
    context.terminal.print(formatJson(sortKeys(response["result"])));
  });
}

function addOne(noun: Command, verb: string, description: string): Command {
  return addConnectionOptions(
    noun
      .command(verb)
      .description(description)
      .argument("[ID]", "the activation")
      .option("-l, --last", "the one that started last, instead of ID"),
  );
}

async function findLast(client: RestClient, { last }: OneFlags, what: string): Promise<string> {
  if (last !== true) throw new CliError("An activation's id or --last must be given");
  return await attempt(what, async () => {
    const query = { limit: 1, skip: 0 };
    const [newest] = toObjects(await client.call({ method: "GET", path: ACTIVATIONS, query }));
    if (newest === undefined) throw new CliError("there are no activations");
    return toText(newest["activationId"]);
  });
}
