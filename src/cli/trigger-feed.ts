// Feeds: a trigger's annotation names an action that is told, by blocking invocations, of what becomes of
// the trigger; it sees to it that something fires it. The server knows nothing of them.

import type { Command } from "commander";
import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { isFailedActivation } from "./action-invoke.ts";
import { findAnnotation, toObject, toText } from "./answers.ts";
import { CliError, toExitCode } from "./cli-error.ts";
import { chooseConnection } from "./connection.ts";
import { type CliContext, readConnectionFlags } from "./context.ts";
import { type RestClient, readJson, toApiError } from "./rest-client.ts";
import { parseEntityName, type TypedName, toFullName, toResourcePath } from "./typed-name.ts";

export type LifecycleEvent = "CREATE" | "READ" | "UPDATE" | "DELETE";

export interface FeedCall {
  readonly client: RestClient;
  /** As the annotation has it. */
  readonly feed: string;
  readonly trigger: TypedName;
  /** The caller's: with it the feed fires the trigger. */
  readonly authKey: string;
  readonly event: LifecycleEvent;
  readonly parameters?: JsonObject;
}

const HTTP_OK = 200;

/** The feed's activation. Rejects with a `CliError` also where it failed, or has not ended in time. */
export async function callFeed(call: FeedCall): Promise<JsonObject> {
  const { client, feed, trigger, authKey, event, parameters = {} } = call;
  const name = parseEntityName(feed);
  const answer = await client.send({
    method: "POST",
    path: toResourcePath("actions", name),
    query: { blocking: true, result: false },
    body: JSON.stringify({
      ...parameters,
      lifecycleEvent: event,
      triggerName: toFullName(trigger),
      authKey,
    }),
  });
  if (answer.status === HTTP_OK) return toObject(readJson(answer));
  const what = `the feed ${toFullName(name)}`;
  const exitCode = toExitCode(answer.status);
  if (isFailedActivation(answer)) {
    throw new CliError(`${what} failed: ${findError(readJson(answer))}`, { exitCode });
  }
  if (answer.status > HTTP_OK && answer.status < 300) {
    throw new CliError(`${what} did not answer in time`, { exitCode });
  }
  throw new CliError(`${what}: ${toApiError(answer).message}`, { exitCode });
}

function findError(activation: unknown): string {
  const { response } = toObject(activation);
  const result = isJsonObject(response) ? response["result"] : undefined;
  const error = isJsonObject(result) ? result["error"] : undefined;
  return typeof error === "string" ? error : JSON.stringify(error ?? null);
}

/** `undefined` for a trigger without one. */
export function findFeed(trigger: JsonObject): string | undefined {
  return toText(findAnnotation(trigger, "feed")) || undefined;
}

export function chooseAuthKey(context: CliContext, command: Command): string {
  return chooseConnection(readConnectionFlags(command), context.environment).auth;
}
