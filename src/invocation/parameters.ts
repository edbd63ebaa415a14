// The arguments of an invocation: an action's parameters under what the caller sends. The caller's
// text is not printed anew: keys are looked at, values pass through as they came.
// Source: rest-api 5.4 and 5.5.

import type { Action } from "../entities/action.ts";
import { failure } from "../kernel/errors.ts";
import { isJsonObject, type JsonObject, type RawJson } from "../kernel/json.ts";
import { prependMembers } from "../kernel/json-text.ts";

export interface MergedArguments {
  readonly content: RawJson;
  readonly initKeys: readonly string[];
}

const EMPTY = "{}" as RawJson;
const NO_KEYS: readonly string[] = [];

/** Throws `invalid` where the caller sends a final parameter. */
export function mergeArguments(action: Action, payload: RawJson = EMPTY): MergedArguments {
  const { parameters } = action;
  if (parameters.length === 0) return { content: payload, initKeys: NO_KEYS };
  const sent: unknown = JSON.parse(payload);
  const own = isJsonObject(sent) ? sent : {};
  if (isFinal(action)) refuseFinal(action, own);
  const inherited = parameters
    .filter(({ key }) => !Object.hasOwn(own, key))
    .map(({ key, value }) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const initKeys = parameters.filter(({ init }) => init === true).map(({ key }) => key);
  return { content: prependMembers(inherited, payload), initKeys };
}

function isFinal({ annotations }: Action): boolean {
  return annotations.some(({ key, value }) => key === "final" && value === true);
}

/** A parameter that is bound to `null` may still be given. */
function refuseFinal({ parameters }: Action, sent: JsonObject): void {
  const refused = parameters
    .filter(({ key, value }) => value !== null && Object.hasOwn(sent, key))
    .map(({ key }) => key);
  if (refused.length === 0) return;
  const detail = `Request defines parameters that are not allowed: ${refused.join(", ")} (the action's parameters are final)`;
  throw failure("invalid", { detail });
}
