// The headers that an action gives its response: any number of lines of one name, checked so that
// nothing in them ends a line or the head, or says of the connection what is not the action's to say.

import { failure } from "../../kernel/errors.ts";
import { isJsonObject, type RawJson } from "../../kernel/json.ts";

export type HeaderLine = readonly [name: string, value: string];

export interface ResponseHeaders {
  readonly lines: readonly HeaderLine[];
  /** The first one; it is no line, as the body may not be what it says. */
  readonly contentType?: string;
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What Node's server takes: everything else would fail when the response is sent. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const CONTENT_TYPE = "content-type";
/**
 * Of the connection, of the body's frame, the platform's own words about this response, or about what
 * belongs to the whole origin, which an action shares with all other tenants' and with the API's page:
 * a service worker for `/` would get the requests to all of them.
 */
const DROPPED: ReadonlySet<string> = new Set([
  "clear-site-data",
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "proxy-connection",
  "server",
  "service-worker-allowed",
  "trailer",
  "transfer-encoding",
  "x-openwhisk-activation-id",
  "x-request-id",
]);

/** Throws `response-unfit` for what are no headers. */
export function parseHeaders(text: RawJson | undefined): ResponseHeaders {
  if (text === undefined) return { lines: [] };
  const given: unknown = JSON.parse(text);
  if (!isJsonObject(given)) throw unfit();
  const all = Object.entries(given).flatMap(toLines);
  const contentType = all.find(isContentType)?.[1];
  const lines = all.filter((line) => !isContentType(line) && !DROPPED.has(line[0].toLowerCase()));
  return contentType === undefined ? { lines } : { lines, contentType };
}

function toLines([name, value]: readonly [string, unknown]): readonly HeaderLine[] {
  if (!NAME.test(name)) throw unfit();
  const values = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
  return values.map((each: unknown) => {
    const isScalar = ["string", "number", "boolean"].includes(typeof each);
    if (!isScalar || !VALUE.test(String(each))) throw unfit();
    return [name, String(each)] as const;
  });
}

function isContentType([name]: HeaderLine): boolean {
  return name.toLowerCase() === CONTENT_TYPE;
}

function unfit(): Error {
  return failure("response-unfit", { type: "message/http" });
}
