// What the web path sends: an action's response with the headers that the platform adds, and errors,
// which here are pretty-printed. Source: web-action specification, 1.9 and 1.10.

import type { IncomingMessage } from "node:http";
import type { BriskError, ErrorCode } from "../../kernel/errors.ts";
import { toRawJson } from "../../kernel/json.ts";
import { indentJson } from "../../kernel/json-text.ts";
import { type BareReply, JSON_TYPE } from "../http.ts";
import { WEB_METHODS } from "./descriptions.ts";
import type { WebResponse, WebResponseHead } from "./responses.ts";

const STANDARD_HEADERS =
  "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent";

/** Browsers may call from every page, with the headers that they asked for. */
export function toCorsHeaders({ headers }: Pick<IncomingMessage, "headers">): readonly string[] {
  return [
    "Access-Control-Allow-Origin",
    "*",
    "Access-Control-Allow-Methods",
    "OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH",
    "Access-Control-Allow-Headers",
    headers["access-control-request-headers"] ?? STANDARD_HEADERS,
  ];
}

const SWITCHING_PROTOCOLS = 101;

export function toWebReply(response: WebResponse, headers: readonly string[]): BareReply {
  return { ...toWebHead(response, headers), body: response.body };
}

/** `headers` stand beside the action's own, also where both have the same name. */
export function toWebHead(
  { status, contentType, headers: own }: WebResponseHead,
  headers: readonly string[],
): Pick<BareReply, "status" | "headers"> {
  const all = [...own.flat(), ...headers];
  if (contentType !== undefined) all.push("Content-Type", contentType);
  // What a client sends from here on is no HTTP, and must not be read as such.
  if (status === SWITCHING_PROTOCOLS) all.push("Connection", "close");
  return { status, headers: all };
}

/** Of the request's form and the answer's type: these were never the action's to answer. */
const COMPACT: ReadonlySet<ErrorCode> = new Set([
  "body-malformed",
  "method-not-allowed",
  "method-unsupported",
  "not-acceptable",
]);

/** `headers` are those of the check that the request came to. */
export function toWebErrorReply(
  error: BriskError,
  { headers, transactionId }: { headers: readonly string[]; transactionId: string },
): BareReply {
  const { code, status, message } = error;
  const isCompact = COMPACT.has(code);
  const text = toRawJson({ error: message, code: transactionId });
  const isBare = isCompact || code === "too-large";
  const all = ["Content-Type", JSON_TYPE, ...(isBare ? [] : headers)];
  if (code === "method-not-allowed") all.push("Allow", WEB_METHODS.join(", "));
  return { status, headers: all, body: isCompact ? text : indentJson(text) };
}
