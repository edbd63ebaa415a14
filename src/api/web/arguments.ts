// A web request as the arguments of an action: what it came with (`__ow_*`), its query, its body. Pure.
// Values of a JSON body stay the text that they came as. Source: web-action specification, 1.5 to 1.7.

import type { Action } from "../../entities/action.ts";
import { failure } from "../../kernel/errors.ts";
import { isJsonObject, type RawJson, toRawJson, toSingleLine } from "../../kernel/json.ts";
import { prependMembers } from "../../kernel/json-text.ts";
import { isJson, isText, JSON_NAME, parseMediaType } from "../media-types.ts";
import { parseJson } from "../schemas.ts";
import type { WebAnnotations } from "./annotations.ts";

export interface WebRequest {
  readonly method: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** As it was sent, without `?`. */
  readonly queryText: string;
  readonly body: Buffer;
  /** What follows the action's name. */
  readonly path: string;
  /** The namespace of the key that the request came with, which the action does not get. */
  readonly user?: string;
}

export interface WebTarget {
  readonly action: Pick<Action, "parameters">;
  readonly annotations: Pick<WebAnnotations, "isRaw" | "isFinal">;
}

const RESERVED: ReadonlySet<string> = new Set(
  ["method", "headers", "path", "user", "query", "body"].map((name) => `__ow_${name}`),
);
const OCTETS = "application/octet-stream";
const FORM = "application/x-www-form-urlencoded";
/** Of the transport, or between the operator and the platform. */
const KEPT_BACK: ReadonlySet<string> = new Set([
  "content-length",
  "transfer-encoding",
  "x-ow-extra-logging",
]);
const EMPTY = "{}" as RawJson;

export function isReserved(key: string): boolean {
  return RESERVED.has(key);
}

/** Throws `body-malformed`, and `parameters-protected` where the caller sends what it may not. */
export function toArguments(request: WebRequest, target: WebTarget): RawJson {
  const headers = toHeaders(request);
  const { path, user, queryText, body } = request;
  const context = {
    __ow_method: request.method.toLowerCase(),
    __ow_headers: headers,
    __ow_path: path,
    ...(user === undefined ? {} : { __ow_user: user }),
  };
  const contentType = headers["content-type"];
  if (target.annotations.isRaw) {
    const __ow_body = toRawBody(body, contentType);
    return toRawJson({ ...context, __ow_query: toCanonicalQuery(queryText), __ow_body });
  }
  const query = new Map(new URLSearchParams(queryText));
  const { fields = EMPTY, keys = [], value } = parseBody(body, contentType);
  refuseProtected([...query.keys(), ...keys], target);
  // Fields of the body win. They stand behind, so that this holds for whoever reads it.
  for (const key of keys) query.delete(key);
  const members = [...Object.entries(context), ...query].map(toMember);
  if (value !== undefined) members.push(`"__ow_body":${value}`);
  return prependMembers(members, fields);
}

function toMember([key, value]: readonly [string, unknown]): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

/** Of a header that is there several times the last one counts. */
function toHeaders({ rawHeaders, body, user }: WebRequest): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    if (!KEPT_BACK.has(name)) headers.set(name, rawHeaders[index + 1] ?? "");
  }
  // With it the action's owner could do all that the caller may.
  if (user !== undefined) headers.delete("authorization");
  if (body.length > 0 && !headers.has("content-type")) headers.set("content-type", OCTETS);
  return Object.fromEntries(headers);
}

/** One spelling for the many that mean the same; a key without `=` stays one. */
function toCanonicalQuery(text: string): string {
  return text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const canonical = new URLSearchParams(pair).toString();
      return pair.includes("=") ? canonical : canonical.slice(0, -1);
    })
    .join("&");
}

/** Everything as a string; bytes in Base64, and also JSON, so that a signature over it can be checked. */
function toRawBody(body: Buffer, contentType: string | undefined): string {
  const type = parseMediaType(contentType ?? OCTETS);
  const isString = type !== undefined && type.name !== JSON_NAME && isText(type);
  return body.toString(isString ? "utf8" : "base64");
}

interface ParsedBody {
  /** An object's text, whose members become parameters, and their keys. */
  readonly fields?: RawJson;
  readonly keys?: readonly string[];
  /** What else it is, as JSON. */
  readonly value?: RawJson;
}

function parseBody(body: Buffer, contentType: string | undefined): ParsedBody {
  if (contentType === undefined) return {};
  const type = parseMediaType(contentType) ?? { name: OCTETS, parameters: [] };
  if (isJson(type)) return body.length === 0 ? {} : parseJsonBody(body.toString());
  if (type.name === FORM) {
    const fields = Object.fromEntries(new URLSearchParams(body.toString()));
    return { fields: toRawJson(fields), keys: Object.keys(fields) };
  }
  return { value: toRawJson(body.toString(isText(type) ? "utf8" : "base64")) };
}

function parseJsonBody(text: string): ParsedBody {
  const value = parseJson(text);
  const line = toSingleLine(text);
  return isJsonObject(value) ? { fields: line, keys: Object.keys(value) } : { value: line };
}

/** Parameters that are bound to `null` are left for the caller to give. */
function refuseProtected(keys: readonly string[], { action, annotations }: WebTarget): void {
  const bound = annotations.isFinal
    ? action.parameters.filter(({ value }) => value !== null).map(({ key }) => key)
    : [];
  // There may be tens of thousands of both.
  const final = new Set(bound);
  if (keys.some((key) => isReserved(key) || final.has(key))) throw failure("parameters-protected");
}
