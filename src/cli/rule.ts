// `brisk rule status`, `get`, `delete` and `list`.

import type { Command } from "commander";
import type { JsonObject } from "../kernel/json.ts";
import { toObject, toText } from "./answers.ts";
import { attempt, EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { addEntityList, formatEntities, printEntities, readEntities } from "./entity-list.ts";
import type { ListFlags } from "./list-options.ts";
import { printEntity, toRuleRecord } from "./records.ts";
import type { RestClient } from "./rest-client.ts";
import { setStatus } from "./rule-write.ts";
import { parseEntityName, type TypedName, toResourcePath } from "./typed-name.ts";

export function addStatus(noun: Command, context: CliContext): void {
  const { terminal } = context;
  const status = noun
    .command("status")
    .description("show whether a rule is active")
    .argument("<NAME>", "the rule")
    .addHelpText("after", "\nExample:\n  brisk rule status on-order");
  addConnectionOptions(status).action(async (typed: string) => {
    const name = parseEntityName(typed);
    const rule = await attempt(`get status of rule '${name.entity}'`, () =>
      readRule(openClient(context, status), name),
    );
    terminal.printOk(`rule ${terminal.bold(name.entity)} is ${toText(rule["status"])}`);
  });
}

export function addGet(noun: Command, context: CliContext): void {
  const { terminal } = context;
  const get = noun
    .command("get")
    .description("show a rule, or one field of it")
    .argument("<NAME>", "the rule")
    .argument("[FIELD]", "only this field: status, trigger, action and so on")
    .option("-s, --summary", "show its status")
    .addHelpText(
      "after",
      "\nExamples:\n  brisk rule get on-order\n  brisk rule get on-order status",
    );
  addConnectionOptions(get).action(async (typed: string, field: string | undefined) => {
    const { summary } = get.opts<{ summary?: boolean }>();
    const name = parseEntityName(typed);
    await attempt(`get rule '${name.entity}'`, async () => {
      const rule = await readRule(openClient(context, get), name);
      if (summary) return terminal.print(formatSummary(rule));
      const [record, exitCode] = [toRuleRecord(rule), EXIT.general];
      return printEntity(terminal, { of: "rule", record, name: name.entity, field, exitCode });
    });
  });
}

function formatSummary(rule: JsonObject): string {
  const path = `/${toText(rule["namespace"])}/${toText(rule["name"])}`;
  return `rule ${path}\n   (status: ${toText(rule["status"])})`;
}

async function readRule(client: RestClient, name: TypedName): Promise<JsonObject> {
  return toObject(await client.call({ method: "GET", path: toResourcePath("rules", name) }));
}

export function addDelete(noun: Command, context: CliContext): void {
  const { terminal } = context;
  const remove = noun
    .command("delete")
    .description("delete a rule")
    .argument("<NAME>", "the rule")
    .option("--disable", "switch it off first, as old platforms want it")
    .addHelpText("after", "\nExample:\n  brisk rule delete on-order");
  addConnectionOptions(remove).action(async (typed: string) => {
    const { disable } = remove.opts<{ disable?: boolean }>();
    const name = parseEntityName(typed);
    await attempt(`delete rule '${name.entity}'`, async () => {
      const client = openClient(context, remove);
      if (disable) await setStatus(client, name, "inactive");
      await client.call({ method: "DELETE", path: toResourcePath("rules", name) });
    });
    terminal.printOk(`deleted rule ${terminal.bold(name.entity)}`);
  });
}

/** Requests for a status that are on their way at a time. */
const STATUS_REQUESTS_MAX = 8;

export function addList(noun: Command, context: CliContext): void {
  const list = addEntityList(noun, "rules");
  addConnectionOptions(list).action(async (typed: string | undefined) => {
    const flags = list.opts<ListFlags & { nameSort?: boolean }>();
    const client = openClient(context, list);
    const collection = "rules";
    const rules = await readEntities({ client, collection, typed, flags });
    const what = "obtain the statuses of the rules";
    const entities = await attempt(what, () => readStatuses(client, rules));
    printEntities(context, { collection, entities, output: flags.output, toLast });
  });
}

export function formatRules(rules: readonly JsonObject[]): string {
  return formatEntities("rules", rules, toLast);
}

function toLast(rule: JsonObject): string {
  return toText(rule["status"]);
}

/** A list has no status: each rule is asked for. */
export async function readStatuses(
  client: RestClient,
  rules: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  const whole: JsonObject[] = [];
  for (let from = 0; from < rules.length; from += STATUS_REQUESTS_MAX) {
    const some = rules.slice(from, from + STATUS_REQUESTS_MAX).map(async (rule) => {
      const [namespace, entity] = [toText(rule["namespace"]), toText(rule["name"])];
      return await readRule(client, { namespace, entity });
    });
    whole.push(...(await Promise.all(some)));
  }
  return whole;
}
