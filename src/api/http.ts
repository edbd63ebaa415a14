// HTTP as the handlers see it: a call that came in, the reply that goes out. The only file that writes
// to a response.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { BriskError } from "../kernel/errors.ts";
import type { TransactionId } from "../kernel/ids.ts";
import { SECOND_MS } from "../kernel/units.ts";
import type { Bodies } from "./bodies.ts";

/** One request on its way through the API. */
export interface Call {
  readonly request: IncomingMessage;
  readonly bodies: Bodies;
  /** Decoded, without the API's prefix. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly transactionId: TransactionId;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** `application/json` unless given. */
  readonly contentType?: string;
  readonly activationId?: string;
}

const JSON_TYPE = "application/json";

/** Browsers may call every resource; OpenWhisk's fixed lists (rest-api specification, 1.3). */
const CORS_HEADERS = [
  "Access-Control-Allow-Origin",
  "*",
  "Access-Control-Allow-Headers",
  "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent",
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
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  reply: Reply,
  transactionId: TransactionId,
): void {
  const headers = [
    "Content-Type",
    reply.contentType ?? JSON_TYPE,
    "Content-Length",
    String(Buffer.byteLength(reply.text)),
    "X-Request-ID",
    transactionId,
    ...CORS_HEADERS,
  ];
  if (reply.activationId !== undefined) {
    headers.push("x-openwhisk-activation-id", reply.activationId);
  }
  if (reply.status === 401) {
    headers.push("WWW-Authenticate", 'Basic realm="OpenWhisk secure realm"');
  }
  response.writeHead(reply.status, headers);
  const body = toBody(reply.text, transactionId);
  if (request.complete || !hasBody(request)) response.end(body);
  else sendEarly({ request, response }, body);
}

const BEYOND_ASCII = /[\x80-\xff]/;

/**
 * Node writes headers in the encoding of a text that follows them, UTF-8: a transaction id of other
 * characters would come back as others. Before bytes it writes them as they came.
 */
function toBody(text: string, transactionId: TransactionId): string | Buffer {
  return BEYOND_ASCII.test(transactionId) ? Buffer.from(text) : text;
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
function sendEarly(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  body: string | Buffer,
): void {
  const timer = setTimeout(() => request.destroy(), DRAIN_MS);
  request.once("end", () => response.end());
  request.once("close", () => clearTimeout(timer));
  response.write(body);
  request.resume();
}
