// What a container is sent: `/init` and `/run` for one activation (execution-plane 1.2 and 1.3).

import type { InitRequest, RunRequest } from "../drivers/port.ts";
import type { CodeAction, KeyValue } from "../entities/action.ts";
import { isJsonObject, type JsonObject, type RawJson, toRawJson } from "../kernel/json.ts";
import { parseKeepingDigits } from "../kernel/lossless-json.ts";
import type { ActivationMessage } from "../messages/activation-message.ts";

/** The arguments as they go to `/run`, and the init parameters that go to `/init` instead. */
export interface Arguments {
  readonly value: RawJson;
  readonly init: JsonObject;
}

export function splitArguments({ content, initKeys }: ActivationMessage): Arguments {
  if (initKeys.length === 0) return { value: content, init: {} };
  const parsed = parseKeepingDigits(content);
  if (!isJsonObject(parsed)) return { value: content, init: {} };
  const known = new Set(initKeys);
  const isInit = ([key]: [string, unknown]) => known.has(key);
  const all = Object.entries(parsed);
  return {
    value: toRawJson(Object.fromEntries(all.filter((entry) => !isInit(entry)))),
    init: Object.fromEntries(all.filter(isInit)),
  };
}

export function toRunRequest(
  message: ActivationMessage,
  action: CodeAction,
  { value, deadline }: { value: RawJson; deadline: number },
): RunRequest {
  const { user, activationId, transaction } = message;
  const context: JsonObject = {
    namespace: user.namespace.name,
    action_name: `/${message.action.id}`,
    action_version: action.version,
    activation_id: activationId,
    transaction_id: transaction[0],
    deadline: String(deadline),
  };
  if (mayHaveApiKey(action)) context["api_key"] = user.apiKey;
  return { value, context };
}

export function toInitRequest(
  message: ActivationMessage,
  action: CodeAction,
  { init, deadline }: { init: JsonObject; deadline: number },
): InitRequest {
  const run = toRunRequest(message, action, { value: "{}" as RawJson, deadline });
  const context = Object.entries(run.context).map(([key, value]) => [
    `__OW_${key.toUpperCase()}`,
    String(value),
  ]);
  const own = Object.entries(init).map(([key, value]) => [key, toText(value)]);
  const { code, binary, main } = action.exec;
  // The context wins over init parameters of the same name.
  const env = Object.fromEntries([...own, ...context]) as Record<string, string>;
  return { name: action.name, main: main ?? "main", binary, code, env };
}

/** As `provide-api-key` says: truthy or absent gives it. Empty arrays and objects are truthy too. */
function mayHaveApiKey(action: CodeAction): boolean {
  const annotation = action.annotations.find(({ key }: KeyValue) => key === "provide-api-key");
  return annotation === undefined || Boolean(annotation.value);
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}
