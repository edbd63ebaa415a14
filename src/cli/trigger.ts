// `brisk trigger fire`, `get`, `delete` and `list`.

import type { Command } from "commander";
import { toObject, toText } from "./answers.ts";
import { attempt, CliError, EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { addEntityList, printEntities, readEntities } from "./entity-list.ts";
import {
  addIdempotencyOption,
  type IdempotencyFlags,
  toIdempotencyHeader,
} from "./idempotency-option.ts";
import type { ListFlags } from "./list-options.ts";
import { formatJson } from "./lossless-json.ts";
import { addParameterOptions } from "./parameters.ts";
import { printEntity, toActivationRecord, toTriggerRecord } from "./records.ts";
import { readJson, toApiError } from "./rest-client.ts";
import { formatSummary } from "./summary.ts";
import { callFeed, chooseAuthKey, type FeedCall, findFeed } from "./trigger-feed.ts";
import { parseEntityName, type TypedName, toFullName, toResourcePath } from "./typed-name.ts";

const HTTP_ACCEPTED = 202;
const HTTP_NOTHING = 204;

export function addFire(noun: Command, context: CliContext): void {
  const { terminal } = context;
  const fire = noun
    .command("fire")
    .description("fire a trigger: run the actions of its active rules")
    .argument("<NAME>", "the trigger");
  const parameters = addParameterOptions(addIdempotencyOption(fire));
  fire.addHelpText(
    "after",
    `
Examples:
  brisk trigger fire order -p item book
  echo '{"item": "book"}' | brisk trigger fire order -P -
  brisk trigger fire order --idempotency-key order-17   typed twice, it fires once`,
  );
  addConnectionOptions(fire).action(async (typed: string) => {
    const name = parseEntityName(typed);
    const id = await attempt(`fire trigger '${name.entity}'`, async () => {
      const answer = await openClient(context, fire).send({
        method: "POST",
        path: toResourcePath("triggers", name),
        body: JSON.stringify(parameters.toObject()),
        ...toIdempotencyHeader(fire.opts<IdempotencyFlags>()),
      });
      if (answer.status === HTTP_NOTHING) return "";
      if (answer.status !== HTTP_ACCEPTED) throw toApiError(answer);
      return toText(toObject(readJson(answer))["activationId"]);
    });
    // Without an id too, as scripts read this line.
    terminal.printOk(`triggered ${toFullName(name)} with id ${terminal.bold(id)}`);
    if (id === "") terminal.printAside("It has no active rule: nothing was run");
  });
}

export function addGet(noun: Command, context: CliContext): void {
  const { terminal } = context;
  const get = noun
    .command("get")
    .description("show a trigger, or one field of it; of one with a feed, what the feed says")
    .argument("<NAME>", "the trigger")
    .argument("[FIELD]", "only this field: rules, parameters and so on")
    .option("-s, --summary", "show its parameters")
    .addHelpText(
      "after",
      "\nExamples:\n  brisk trigger get order\n  brisk trigger get order rules",
    );
  addConnectionOptions(get).action(async (typed: string, field: string | undefined) => {
    const { summary } = get.opts<{ summary?: boolean }>();
    const name = parseEntityName(typed);
    await attempt(`get trigger '${name.entity}'`, async () => {
      const client = openClient(context, get);
      const path = toResourcePath("triggers", name);
      const trigger = toObject(await client.call({ method: "GET", path }));
      const feed = findFeed(trigger);
      if (summary) return terminal.print(formatSummary(trigger, "trigger"));
      if (feed === undefined || field !== undefined) {
        const record = toTriggerRecord(trigger);
        const exitCode = EXIT.general;
        return printEntity(terminal, { of: "trigger", record, name: name.entity, field, exitCode });
      }
      const authKey = chooseAuthKey(context, get);
      return await printFeed(context, { client, feed, trigger: name, authKey });
    });
  });
}

async function printFeed({ terminal }: CliContext, call: Omit<FeedCall, "event">): Promise<void> {
  const activation = toActivationRecord(await callFeed({ ...call, event: "READ" }));
  const id = toText(activation["activationId"]);
  terminal.printOk(`invoked ${call.feed} with id ${terminal.bold(id)}`);
  terminal.print(formatJson(activation));
}

export function addDelete(noun: Command, context: CliContext): void {
  const { terminal } = context;
  const remove = noun
    .command("delete")
    .description("delete a trigger; its rules stay, and are inactive")
    .argument("<NAME>", "the trigger")
    .addHelpText("after", "\nExample:\n  brisk trigger delete order");
  addConnectionOptions(remove).action(async (typed: string) => {
    const name = parseEntityName(typed);
    await attempt(`delete trigger '${name.entity}'`, () => deleteTrigger(context, remove, name));
    terminal.printOk(`deleted trigger ${terminal.bold(name.entity)}`);
  });
}

async function deleteTrigger(
  context: CliContext,
  command: Command,
  name: TypedName,
): Promise<void> {
  const client = openClient(context, command);
  const path = toResourcePath("triggers", name);
  const feed = findFeed(toObject(await client.call({ method: "GET", path })));
  if (feed !== undefined) {
    const authKey = chooseAuthKey(context, command);
    try {
      await callFeed({ client, feed, trigger: name, authKey, event: "DELETE" });
    } catch (cause) {
      if (!(cause instanceof CliError)) throw cause;
      // A feed that is gone must not keep its triggers for ever.
      context.terminal.printAside(`The feed was not told, or did not agree: ${cause.message}`);
    }
  }
  await client.call({ method: "DELETE", path });
}

export function addList(noun: Command, context: CliContext): void {
  const list = addEntityList(noun, "triggers");
  addConnectionOptions(list).action(async (typed: string | undefined) => {
    const flags = list.opts<ListFlags & { nameSort?: boolean }>();
    const client = openClient(context, list);
    const collection = "triggers";
    const entities = await readEntities({ client, collection, typed, flags });
    printEntities(context, { collection, entities, output: flags.output });
  });
}
