// `brisk trigger create` and `update`. Of a trigger with a feed, parameters go to the feed's action,
// which is told of the change; where it refuses a new trigger, the trigger goes too.

import type { Command } from "commander";
import type { JsonObject } from "../kernel/json.ts";
import { toObject } from "./answers.ts";
import { attempt, CliError, EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import {
  addAnnotationOptions,
  addPairOption,
  addParameterOptions,
  type KeyValueFlags,
} from "./parameters.ts";
import { type RestClient, readJson, toApiError } from "./rest-client.ts";
import { callFeed, chooseAuthKey, type FeedCall, findFeed } from "./trigger-feed.ts";
import { parseEntityName, type TypedName, toFullName, toResourcePath } from "./typed-name.ts";

interface KeyValues {
  readonly parameters: KeyValueFlags;
  readonly annotations: KeyValueFlags;
  /** `-F` and `-T`: whose they are is said. */
  readonly feedParameters: KeyValueFlags;
  readonly triggerParameters: KeyValueFlags;
}

interface Write {
  readonly client: RestClient;
  readonly name: TypedName;
  readonly authKey: string;
  readonly keyValues: KeyValues;
}

const HTTP_MISSING = 404;

export function addCreate(noun: Command, context: CliContext): void {
  const command = noun
    .command("create")
    .description("create a trigger")
    .argument("<NAME>", "the trigger")
    .option("-f, --feed <ACTION>", "action that makes the trigger fire, and is told so");
  const keyValues = addKeyValueOptions(command);
  command.addHelpText(
    "after",
    `
Examples:
  brisk trigger create order
  brisk trigger create order -p shop Berlin                 every event has it, unless it says otherwise
  brisk trigger create order --feed shops/orders -p every 5 the parameters are the feed's`,
  );
  addConnectionOptions(command).action(async (typed: string) => {
    const { feed } = command.opts<{ feed?: string }>();
    const name = parseEntityName(typed);
    await attempt(`create trigger '${name.entity}'`, async () => {
      checkFlags(keyValues, feed);
      const client = openClient(context, command);
      const authKey = chooseAuthKey(context, command);
      await create({ client, name, authKey, keyValues }, feed);
    });
    context.terminal.printOk(`created trigger ${context.terminal.bold(name.entity)}`);
  });
}

export function addUpdate(noun: Command, context: CliContext): void {
  const command = noun
    .command("update")
    .description("change a trigger, or create it")
    .argument("<NAME>", "the trigger");
  const keyValues = addKeyValueOptions(command);
  command.addHelpText("after", "\nExample:\n  brisk trigger update order -p shop Paris");
  addConnectionOptions(command).action(async (typed: string) => {
    const name = parseEntityName(typed);
    await attempt(`update trigger '${name.entity}'`, async () => {
      const client = openClient(context, command);
      const authKey = chooseAuthKey(context, command);
      await update({ client, name, authKey, keyValues });
    });
    context.terminal.printOk(`updated trigger ${context.terminal.bold(name.entity)}`);
  });
}

function addKeyValueOptions(command: Command): KeyValues {
  const parameters = addParameterOptions(command);
  const annotations = addAnnotationOptions(command);
  return {
    parameters,
    annotations,
    feedParameters: addPairOption(command, {
      flags: "-F, --feed-param <KEY VALUE>",
      meaning: "parameter of the feed's action",
    }),
    triggerParameters: addPairOption(command, {
      flags: "-T, --trigger-param <KEY VALUE>",
      meaning: "parameter of the trigger, where it has a feed",
    }),
  };
}

function checkFlags(keyValues: KeyValues, feed: string | undefined): void {
  const { parameters, feedParameters, triggerParameters } = keyValues;
  const isSaid = !feedParameters.isEmpty || !triggerParameters.isEmpty;
  if (!parameters.isEmpty && isSaid) {
    throw conflicting("--param does not go with --feed-param or --trigger-param");
  }
  if (!feedParameters.isEmpty && feed === undefined) {
    throw conflicting("--feed-param needs a trigger with a feed");
  }
}

function conflicting(message: string): CliError {
  return new CliError(message, { exitCode: EXIT.conflictingFlags });
}

async function create(write: Write, feed: string | undefined): Promise<void> {
  const { parameters, annotations, feedParameters, triggerParameters } = write.keyValues;
  if (feed === undefined) {
    const own = parameters.isEmpty ? triggerParameters : parameters;
    await put(write, { parameters: own.toArray(), annotations: annotations.toArray() }, false);
    return;
  }
  const name = toFullName(parseEntityName(feed));
  const body = {
    parameters: triggerParameters.toArray(),
    annotations: [...annotations.toArray(), { key: "feed", value: name }],
  };
  await put(write, body, false);
  const given = parameters.isEmpty ? feedParameters : parameters;
  const call = { ...toCall(write, name), parameters: given.toObject() };
  try {
    await callFeed({ ...call, event: "CREATE" });
  } catch (cause) {
    await undo(write, call);
    throw cause;
  }
}

/** What was tried to be made: what fails on the way back is less than what failed first. */
async function undo(write: Write, call: Omit<FeedCall, "event">): Promise<void> {
  const steps = [
    () => callFeed({ ...call, event: "DELETE" }),
    () => write.client.call({ method: "DELETE", path: toResourcePath("triggers", write.name) }),
  ];
  for (const step of steps) {
    await step().catch((cause: unknown) => {
      if (!(cause instanceof CliError)) throw cause;
    });
  }
}

async function update(write: Write): Promise<void> {
  const { parameters, annotations, feedParameters, triggerParameters } = write.keyValues;
  const found = await read(write);
  const feed = found && findFeed(found);
  checkFlags(write.keyValues, feed);
  const own = feed === undefined && triggerParameters.isEmpty ? parameters : triggerParameters;
  const forFeed = feedParameters.isEmpty ? parameters : feedParameters;
  const isForFeedAlone = feed !== undefined && !parameters.isEmpty && annotations.isEmpty;
  if (!isForFeedAlone) {
    // Annotations are replaced as a whole: the one that names the feed stays.
    const kept = feed === undefined ? [] : [{ key: "feed", value: feed }];
    const body = {
      ...(own.isEmpty ? {} : { parameters: own.toArray() }),
      ...(annotations.isEmpty ? {} : { annotations: [...kept, ...annotations.toArray()] }),
    };
    await put(write, body, found !== undefined);
  }
  if (feed === undefined || forFeed.isEmpty) return;
  const call = { ...toCall(write, feed), parameters: forFeed.toObject() };
  await callFeed({ ...call, event: "UPDATE" });
}

/** `undefined` where there is none. */
async function read({ client, name }: Write): Promise<JsonObject | undefined> {
  const answer = await client.send({ method: "GET", path: toResourcePath("triggers", name) });
  if (answer.status === HTTP_MISSING) return undefined;
  if (answer.status !== 200) throw toApiError(answer);
  return toObject(readJson(answer));
}

async function put({ client, name }: Write, body: JsonObject, overwrite: boolean): Promise<void> {
  await client.call({
    method: "PUT",
    path: toResourcePath("triggers", name),
    query: { overwrite },
    body: JSON.stringify(body),
  });
}

function toCall({ client, name, authKey }: Write, feed: string): Omit<FeedCall, "event"> {
  return { client, feed, trigger: name, authKey };
}
