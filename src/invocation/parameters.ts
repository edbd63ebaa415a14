// The arguments of an invocation: an action's parameters under what the caller sends. The caller's
// text is not printed anew: keys are looked at, values pass through as they came.
// Source: rest-api 5.4 and 5.5.

import type { Action, KeyValue } from "../entities/action.ts";
import type { Trigger } from "../entities/trigger.ts";
import { failure } from "../kernel/errors.ts";
import { isJsonObject, type JsonObject, type RawJson } from "../kernel/json.ts";
import { appendMembers, prependMembers } from "../kernel/json-text.ts";

export interface MergedArguments {
  readonly content: RawJson;
  readonly initKeys: readonly string[];
}

export const EMPTY = "{}" as RawJson;
const NO_KEYS: readonly string[] = [];

/** Throws `invalid` where the caller sends a final parameter. */
export function checkFinal(action: Action, payload: RawJson = EMPTY): void {
  if (!isFinal(action) || action.parameters.length === 0) return;
  const sent: unknown = JSON.parse(payload);
  if (isJsonObject(sent)) refuseFinal(action, sent);
}

/** An array, which only a sequence's part before can send, is passed as it is. */
export function mergeArguments(
  { parameters }: Pick<Action, "parameters">,
  payload: RawJson = EMPTY,
): MergedArguments {
  if (parameters.length === 0) return { content: payload, initKeys: NO_KEYS };
  const sent: unknown = JSON.parse(payload);
  if (!isJsonObject(sent)) return { content: payload, initKeys: NO_KEYS };
  const isSent = ({ key }: KeyValue) => Object.hasOwn(sent, key);
  const inherited = parameters.filter((each) => !isSent(each)).map(toMember);
  // Environment is set once, for all that a container runs: it is not the first caller's to choose.
  const fixed = parameters.filter((each) => each.init === true && isSent(each)).map(toMember);
  const initKeys = parameters.filter(({ init }) => init === true).map(({ key }) => key);
  return { content: appendMembers(fixed, prependMembers(inherited, payload)), initKeys };
}

/**
 * The arguments of what a trigger fires: its parameters, under the request's headers, under the event.
 * Source: web-and-composition 4.2.
 */
export function mergeEvent(
  trigger: Pick<Trigger, "parameters">,
  event: { readonly headers: JsonObject; readonly payload?: RawJson },
): RawJson {
  const { headers, payload = EMPTY } = event;
  const sent: unknown = JSON.parse(payload);
  const own = isJsonObject(sent) ? sent : {};
  const parameters = trigger.parameters.filter(({ key }) => key !== HEADERS);
  const inherited = [...parameters, { key: HEADERS, value: headers }]
    .filter(({ key }) => !Object.hasOwn(own, key))
    .map(toMember);
  return prependMembers(inherited, payload);
}

const HEADERS = "__ow_headers";

function toMember({ key, value }: KeyValue): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
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

/** Throws `too-large`. */
export function refuseTooLarge(content: string, allowed: number): void {
  // A character takes three bytes at most, so that only long texts have to be measured.
  if (content.length * 3 <= allowed) return;
  const is = Buffer.byteLength(content);
  if (is > allowed) throw failure("too-large", { field: "Request", is, allowed });
}
