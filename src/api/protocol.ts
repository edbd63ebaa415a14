// What HTTP itself asks of a request, before any route, and what is answered to what is no HTTP. Node
// would answer some of it without a body, and some not at all.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { failure } from "../kernel/errors.ts";
import { createTransactionId } from "../kernel/ids.ts";
import { KB } from "../kernel/units.ts";

export const HEADERS_BYTES_MAX: number = 32 * KB;
const CONTINUE = /^100-continue$/i;

/** Throws `expectation-unknown`, or `invalid` without a host. */
export function checkHttp({ headers, httpVersion }: IncomingMessage): void {
  const { expect, host } = headers;
  if (expect !== undefined && !CONTINUE.test(expect)) {
    throw failure("expectation-unknown", { is: expect });
  }
  if (host === undefined && httpVersion === "1.1") {
    throw failure("invalid", { detail: "The request has no Host header, which HTTP/1.1 requires" });
  }
}

/** A proxy may send the URL with its host (RFC 9112, 3.2.2). */
export function toOriginForm(url: string): string {
  if (url.startsWith("/")) return url;
  const [, path] = /^https?:\/\/[^/?]*(.*)$/i.exec(url) ?? [];
  if (path === undefined) return url;
  return path.startsWith("/") ? path : `/${path}`;
}

/** What is no HTTP gets the same kind of answer as everything else. */
export function refuseClient(cause: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || cause.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  switch (cause.code) {
    case "HPE_HEADER_OVERFLOW": {
      const error = `The request's headers exceed ${HEADERS_BYTES_MAX} bytes`;
      endWith(socket, "431 Request Header Fields Too Large", error);
      break;
    }
    case "ERR_HTTP_REQUEST_TIMEOUT":
      endWith(socket, "408 Request Timeout", "The request did not come whole in time");
      break;
    default:
      endWith(socket, "400 Bad Request", `The request is not valid HTTP: ${cause.message}`);
  }
}

/** CONNECT asks for a proxy. */
export function refuseTunnel(socket: Socket): void {
  endWith(socket, "404 Not Found", failure("method-or-path-unknown").message);
}

function endWith(socket: Socket, status: string, error: string): void {
  const code = createTransactionId();
  const text = JSON.stringify({ error, code });
  const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nX-Request-ID: ${code}`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\nConnection: close\r\n\r\n${text}`);
}
