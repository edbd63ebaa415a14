// HTTP as the handlers see it: a call that came in, the reply that goes out. The only file that writes
// to a response.

import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline, type Readable } from "node:stream";
import type { BriskError } from "../kernel/errors.ts";
import type { TransactionId } from "../kernel/ids.ts";
import { SECOND_MS } from "../kernel/units.ts";
import type { Answers } from "./answers.ts";
import type { Bodies } from "./bodies.ts";
import { type Body, isForPortions, isInPieces, toLength, toPortions } from "./portions.ts";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whose it is, by the namespace's uuid: the caller's, or whose action is called. Empty until that is known. */
  owner: string;
}

/** One request on its way through the API. */
export interface Call {
  readonly exchange: Exchange;
  readonly request: IncomingMessage;
  readonly bodies: Bodies;
  readonly answers: Answers;
  /** As they were sent, without the API's prefix. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** The query as it was sent, without `?`. */
  readonly queryText: string;
  readonly transactionId: TransactionId;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

export interface Reply {
  readonly status: number;
  /** Empty where the status is 204. */
  readonly text: Body;
  /** `application/json` unless given. */
  readonly contentType?: string;
  readonly activationId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A reply with headers of its own: none are added but its length and the request's id. */
export interface BareReply {
  readonly status: number;
  /** Names and values in turn; a name may be there several times. */
  readonly headers: readonly string[];
  readonly body: Body;
}

/** A reply whose body, which it has, comes while it is sent; where it fails, the connection is broken off. */
export interface StreamReply extends Pick<BareReply, "status" | "headers"> {
  readonly stream: Readable;
}

export const JSON_TYPE = "application/json";
export const ACTIVATION_HEADER = "x-openwhisk-activation-id";

/** Browsers may call every resource; OpenWhisk's fixed lists (rest-api specification, 1.3), and our own header. */
const CORS_HEADERS = [
  "Access-Control-Allow-Origin",
  "*",
  "Access-Control-Allow-Headers",
  "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent, Idempotency-Key",
  "Access-Control-Allow-Methods",
  "GET, DELETE, POST, PUT, HEAD",
];

export function json(value: unknown, status = 200): Reply {
  return { status, text: JSON.stringify(value) };
}

export function toErrorReply(cause: BriskError, transactionId: TransactionId): Reply {
  return json({ error: cause.message, code: transactionId }, cause.status);
}

/** How long the rest of a body that nobody reads is taken and dropped. */
const DRAIN_MS = 10 * SECOND_MS;

export function send(
  exchange: Exchange,
  reply: Reply | BareReply,
  transactionId: TransactionId,
): void {
  const { status, headers, body: text } = "body" in reply ? reply : toBareReply(reply);
  const { request, response } = exchange;
  const body = toBody(text, transactionId);
  const all = ["X-Request-ID", transactionId, ...headers];
  if (!isBodiless(status)) all.push("Content-Length", String(toByteLength(body)));
  response.writeHead(status, all);
  if (request.complete || !hasBody(request)) endWith(response, body);
  else sendEarly(exchange, body);
}

function toByteLength(body: Body): number {
  return isInPieces(body) ? toLength(body) : Buffer.byteLength(body);
}

function endWith(response: ServerResponse, body: Body): void {
  // A client that goes away takes the rest with it, which is all that is to be done.
  if (isForPortions(body)) pipeline(toPortions(body), response, () => {});
  else response.end(body);
}

/** Destroys the stream as soon as nobody reads it. */
export function sendStream(
  { request, response }: Exchange,
  { status, headers, stream }: StreamReply,
  transactionId: TransactionId,
): void {
  response.writeHead(status, ["X-Request-ID", transactionId, ...headers]);
  if (request.method === "HEAD") {
    stream.destroy();
    response.end();
    return;
  }
  // The first piece may be long in coming.
  response.flushHeaders();
  // Either end that goes takes the other with it, which is all that is to be done.
  pipeline(stream, response, () => {});
}

function toBareReply(reply: Reply): BareReply {
  const { status, text, contentType = JSON_TYPE, activationId } = reply;
  const headers = [...CORS_HEADERS];
  if (!isBodiless(status)) headers.push("Content-Type", contentType);
  if (activationId !== undefined) headers.push(ACTIVATION_HEADER, activationId);
  if (status === 401) headers.push("WWW-Authenticate", 'Basic realm="OpenWhisk secure realm"');
  if (reply.headers !== undefined) headers.push(...Object.entries(reply.headers).flat());
  return { status, headers, body: text };
}

/** Such an answer ends with its headers, and may not even say that its length is 0 (RFC 9110, 8.6). */
function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

const BEYOND_ASCII = /[\x80-\xff]/;

/**
 * Node writes headers in the encoding of a text that follows them, UTF-8: a transaction id of other
 * characters would come back as others. Before bytes it writes them as they came.
 */
function toBody(text: Body, transactionId: TransactionId): Body {
  const isText = typeof text === "string";
  return isText && BEYOND_ASCII.test(transactionId) ? Buffer.from(text) : text;
}

/** Whether the request comes with a body, of which it need not have sent anything yet. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (length !== undefined && length !== "0") || headers["transfer-encoding"] !== undefined;
}

/**
 * Before the body has come: the client may read the answer at once, but the connection stays until the
 * rest has come. Closed earlier, it would be reset, and the client would see that, not the answer.
 */
function sendEarly({ request, response }: Exchange, body: Body): void {
  const timer = setTimeout(() => request.destroy(), DRAIN_MS);
  request.once("end", () => response.end());
  request.once("close", () => clearTimeout(timer));
  for (const piece of isInPieces(body) ? body : [body]) response.write(piece);
  request.resume();
}
