// The requests of the fuzz test: every documented operation, mostly nearly right, in each way wrong now
// and then. Plain data that is made before anything is sent, so that a seed is a run.

import fc from "fast-check";
import type { Operation } from "./document.ts";
import { bodyText, oddText } from "./values.ts";
import { ACTIVATION_ID, nameIn, OTHER_NAMESPACE, OWN_NAMESPACE, QUERY_WORDS } from "./words.ts";

/** Whose key: the sender's own, that of the other namespace, or something that is none. */
export type Credentials = "own" | "other" | "none" | "unknown" | "malformed";

export interface FuzzRequest {
  readonly operation: Operation;
  readonly method: string;
  /** Below `/api/v1`, with the stand-ins of words.ts, encoded. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  /** Absent: none is sent. */
  readonly body?: Buffer;
  /** Verb, path and headers are as documented: the answer must be as documented too. */
  readonly isDocumented: boolean;
}

/** What is sent now and then in place of what is right. */
function mostly<T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<T>, weight = 12): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

/** More is put than deleted, so that there is something to ask for. */
const WEIGHTS: Readonly<Record<string, number>> = { PUT: 6, POST: 3, GET: 2 };

export function createRequests(operations: readonly Operation[]): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(
    ...operations.map((operation) => ({
      weight: WEIGHTS[operation.method] ?? 1,
      arbitrary: requestOf(operation),
    })),
  );
}

function requestOf(operation: Operation): fc.Arbitrary<FuzzRequest> {
  return fc
    .record({
      method: mostly(fc.constant(operation.method), otherMethod, 30),
      path: mostly(pathOf(operation), oddPath(operation), 20),
      query: queryOf(operation),
      headers: headersOf(operation),
      credentials: mostly<Credentials>(
        fc.constant("own"),
        fc.constantFrom("other", "none", "unknown", "malformed"),
        25,
      ),
      body: bodyOf(operation),
    })
    .map(({ method, path, headers, body, ...same }) => ({
      operation,
      ...same,
      method,
      path: path.text,
      headers: headers.sent,
      ...(body === undefined ? {} : { body }),
      isDocumented: method === operation.method && path.isDocumented && headers.isDocumented,
    }));
}

const otherMethod = fc.constantFrom(
  "GET",
  "PUT",
  "POST",
  "DELETE",
  "PATCH",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PROPFIND",
);

interface Path {
  readonly text: string;
  readonly isDocumented: boolean;
}

function pathOf({ path, collection }: Operation): fc.Arbitrary<Path> {
  const segments = path.split("/").slice(1);
  const parts = segments.map((segment) => {
    const [, parameter] = /^\{(\w+)\}$/.exec(segment) ?? [];
    return parameter === undefined ? fc.constant(segment) : segmentOf(parameter, collection);
  });
  return fc.tuple(...parts).map((texts) => ({ text: `/${texts.join("/")}`, isDocumented: true }));
}

function segmentOf(parameter: string, collection: string): fc.Arbitrary<string> {
  return mostly(wordFor(parameter, collection), oddText.filter(isSegment), 15).map(encode);
}

/** An empty segment makes another path of it, and `encodeURIComponent` takes no half of a pair. */
function isSegment(text: string): boolean {
  return text !== "" && text.isWellFormed();
}

function wordFor(parameter: string, collection: string): fc.Arbitrary<string> {
  // Web actions are in no collection, and named in full.
  if (collection === "") {
    if (parameter === "namespace") return fc.constant(OWN_NAMESPACE);
    if (parameter === "package") return fc.constantFrom("default", "default", "packages 1");
    return nameIn("actions");
  }
  switch (parameter) {
    case "namespace":
      return fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom("_", OWN_NAMESPACE) },
        { weight: 1, arbitrary: fc.constant(OTHER_NAMESPACE) },
      );
    case "package":
      return fc.oneof(nameIn("packages"), nameIn("packages"), nameIn("actions"));
    case "id":
      return fc.constant(ACTIVATION_ID);
    default:
      return mostly(nameIn(collection), fc.oneof(nameIn("actions"), nameIn("packages")), 8);
  }
}

function encode(segment: string): string {
  return encodeURIComponent(segment);
}

const RAW_PATHS = [
  "//",
  "/%",
  "/%E0%A4%A",
  "/..%2f..%2fetc%2fpasswd",
  "/a/b/c/d/e",
  "/\u00ff",
  "/<>\"'{}|\\^`",
  "/x#y",
  "/;a=b",
  "/%00",
];

function oddPath(operation: Operation): fc.Arbitrary<Path> {
  const changed = fc
    .tuple(pathOf(operation), fc.nat(), fc.constantFrom(...RAW_PATHS))
    .map(([{ text }, at, odd]) => {
      const where = at % (text.length + 1);
      return text.slice(0, where) + odd + text.slice(where);
    });
  const long = pathOf(operation).map(({ text }) => text + "/x".repeat(5000));
  return fc
    .oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: long })
    .map((text) => ({ text, isDocumented: false }));
}

function queryOf({ query }: Operation): fc.Arbitrary<string> {
  const known = query.map(({ name, type }) => {
    const word = QUERY_WORDS[name]?.map(encodeURIComponent);
    const right = word ?? (type === "boolean" ? fc.constantFrom("true", "false") : oddQuery);
    return mostly(right, oddQuery, 8).map((value) => `${name}=${value}`);
  });
  const unknown = fc.tuple(oddQuery, oddQuery).map(([name, value]) => `${name}=${value}`);
  return fc
    .array(fc.oneof(...known, mostly(fc.constant("x=1"), unknown, 3)), { maxLength: 3 })
    .map((pairs) => (pairs.length === 0 ? "" : `?${pairs.join("&")}`));
}

const oddQuery: fc.Arbitrary<string> = fc.oneof(
  oddText.filter((text) => text.isWellFormed()).map(encodeURIComponent),
  fc.constantFrom(
    "%",
    "%ff",
    "1e3",
    "0x10",
    "-0",
    "+1",
    "1.0",
    "TRUE",
    "yes",
    "9".repeat(400),
    "=",
  ),
);

interface Headers {
  readonly sent: Readonly<Record<string, string>>;
  readonly isDocumented: boolean;
}

const ODD_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { accept: "text/html" },
  { accept: "\u00ff;;,,/" },
  { "x-request-id": "mine \u00e9 \u0080" },
  { "x-request-id": "sid_forbidden" },
  { "x-request-id": "x".repeat(3000) },
  { "content-encoding": "gzip" },
  { "transfer-encoding": "chunked" },
  { range: "bytes=0-1" },
  { "if-none-match": "*" },
  { "x-http-method-override": "DELETE" },
  { connection: "close" },
  { expect: "200-maybe" },
  { expect: "100-continue" },
  { connection: "upgrade", upgrade: "websocket" },
  { "x-ow-extra-logging": "on" },
  { cookie: "a=b; ".repeat(500) },
  { host: "nobody.example" },
];

function headersOf({ body }: Operation): fc.Arbitrary<Headers> {
  const label = { "content-type": "application/json" };
  const right = fc.constant<Headers>({ sent: body === undefined ? {} : label, isDocumented: true });
  const types = fc
    .constantFrom(
      "text/plain",
      "application/json; charset=utf-16",
      "application/xml",
      "json",
      ";",
      "",
    )
    .map((type) => ({ sent: { "content-type": type }, isDocumented: true }));
  const odd = fc
    .constantFrom(...ODD_HEADERS)
    .map((header) => ({ sent: { ...label, ...header }, isDocumented: false }));
  return mostly<Headers>(right, fc.oneof<fc.Arbitrary<Headers>[]>(types, odd));
}

function bodyOf({ body, method }: Operation): fc.Arbitrary<Buffer | undefined> {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
  if (body === undefined) return mostly(fc.constant(undefined), bytes, 20);
  const text = bodyText(body).map((sound) => Buffer.from(sound));
  const none = fc.constant(undefined);
  return fc.oneof(
    { weight: 20, arbitrary: text },
    { weight: 1, arbitrary: bytes },
    { weight: method === "PUT" ? 1 : 5, arbitrary: none },
  );
}
