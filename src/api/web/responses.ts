// An action's result as a web response, by the extension of its path. Pure; what makes no response is
// thrown as the error that the caller is told. Source: web-action specification, 1.9.

import { decodeBase64, isBase64 } from "../../kernel/base64.ts";
import { failure } from "../../kernel/errors.ts";
import type { RawJson } from "../../kernel/json.ts";
import { indentJson, pickMembers } from "../../kernel/json-text.ts";
import { isJson, isText, JSON_NAME, parseMediaType, toContentType } from "../media-types.ts";
import type { Extension } from "./address.ts";
import { type HeaderLine, parseHeaders } from "./response-headers.ts";

export interface WebResponseHead {
  readonly status: number;
  /** Of the body. Absent where there is none. */
  readonly contentType?: string;
  /** The action's own. */
  readonly headers: readonly HeaderLine[];
}

export interface WebResponse extends WebResponseHead {
  readonly body: string | Buffer;
}

/** `result` is the text of any JSON value. */
export function toWebResponse(result: RawJson, extension: Extension): WebResponse {
  const value = result.trim() as RawJson;
  switch (extension) {
    case "json":
      return toJsonResponse(value);
    case "html":
      return toStringResponse(value, { field: "html", type: "text/html" });
    case "svg":
      return toStringResponse(value, { field: "svg", type: "image/svg+xml" });
    case "text":
      return toTextResponse(value);
    case "http":
      return toHttpResponse(value);
    default:
      throw extension satisfies never;
  }
}

/** `undefined` for anything but a string. */
function parseString(value: RawJson): string | undefined {
  return value.startsWith('"') ? (JSON.parse(value) as string) : undefined;
}

function isComposite(value: RawJson): boolean {
  return value.startsWith("{") || value.startsWith("[");
}

function toJsonResponse(value: RawJson): WebResponse {
  if (!isComposite(value)) throw failure("response-unfit", { type: JSON_NAME });
  return ok(indentJson(value), JSON_NAME);
}

function ok(body: string | Buffer, contentType: string): WebResponse {
  return { status: 200, contentType, headers: [], body };
}

/** What is no object is the value itself; `undefined` where the object has neither field. */
function pickBody(value: RawJson, field: string): RawJson | undefined {
  if (!value.startsWith("{")) return value;
  const members = pickMembers(value, ["body", field]);
  return members.get("body") ?? members.get(field);
}

function toStringResponse(
  value: RawJson,
  { field, type }: { readonly field: string; readonly type: string },
): WebResponse {
  const body = parseString(pickBody(value, field) ?? ("null" as RawJson));
  if (body === undefined) throw failure("response-unfit", { type });
  return ok(body, type === "text/html" ? HTML : type);
}

const HTML = "text/html; charset=UTF-8";
const TEXT = "text/plain; charset=UTF-8";

function toTextResponse(value: RawJson): WebResponse {
  const body = pickBody(value, "text");
  if (body === undefined) throw failure("response-property-missing");
  const string = parseString(body);
  return ok(string === undefined ? indentJson(body) : string, TEXT);
}

function toHttpResponse(value: RawJson): WebResponse {
  // An array has no place for a status or headers: it is what is answered.
  if (value.startsWith("[")) return ok(indentJson(value), JSON_NAME);
  if (!value.startsWith("{")) throw unfit();
  const members = pickMembers(value, ["statusCode", "headers", "body"]);
  const status = parseStatus(members.get("statusCode"));
  const { lines, contentType } = parseHeaders(members.get("headers"));
  const body = members.get("body") ?? ("null" as RawJson);
  if (body === "null" || body === '""') {
    return { status: status ?? 204, headers: lines, body: "" };
  }
  const string = parseString(body);
  const formed =
    string === undefined ? toJsonBody(body, contentType) : toStringBody(string, contentType);
  if (status !== undefined && isBodiless(status)) return { status, headers: lines, body: "" };
  return { status: status ?? 200, headers: lines, ...formed };
}

/** Of a result whose body is streamed: its bytes are sent as they are, and are HTML as any text is. */
export function toStreamHead(result: RawJson): WebResponseHead {
  const members = pickMembers(result, ["statusCode", "headers"]);
  const status = parseStatus(members.get("statusCode")) ?? 200;
  const { lines: headers, contentType } = parseHeaders(members.get("headers"));
  if (isBodiless(status)) return { status, headers };
  if (contentType === undefined) return { status, headers, contentType: HTML };
  const type = parseMediaType(contentType);
  if (type === undefined) throw failure("response-type-unknown");
  return { status, headers, contentType: toContentType(type) };
}

function unfit(): Error {
  return failure("response-unfit", { type: "message/http" });
}

/** The content does not matter to these: a body would be taken for the next response. */
function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 205 || status === 304;
}

const SWITCHING_PROTOCOLS = 101;

function parseStatus(text: RawJson | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  const isDigits = typeof value === "string" && /^\d+$/.test(value);
  const status = isDigits ? Number(value) : value;
  if (typeof status !== "number" || !Number.isInteger(status)) throw unfit();
  // The other ones below 200 announce a response that never comes.
  const isKnown = status === SWITCHING_PROTOCOLS || (status >= 200 && status <= 599);
  if (!isKnown) throw unfit();
  return status;
}

type FormedBody = Pick<WebResponse, "body"> & { readonly contentType: string };

function toJsonBody(body: RawJson, contentType = JSON_NAME): FormedBody {
  const type = parseMediaType(contentType);
  if (type === undefined || !isJson(type) || type.parameters.length > 0) {
    throw failure("response-type-mismatch");
  }
  return { body: indentJson(body), contentType: toContentType(type) };
}

function toStringBody(body: string, contentType: string | undefined): FormedBody {
  if (contentType === undefined) return { body, contentType: HTML };
  const type = parseMediaType(contentType);
  if (type === undefined) throw failure("response-type-unknown");
  const isEncoded = isText(type) ? isJson(type) && isBase64(body) : true;
  if (!isEncoded) return { body, contentType: toContentType(type) };
  const bytes = decodeBase64(body);
  if (bytes === undefined) throw failure("response-type-mismatch");
  return { body: bytes, contentType: toContentType(type) };
}
