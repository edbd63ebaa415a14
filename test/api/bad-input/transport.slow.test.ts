// HTTP that is odd, old or none: every request gets an answer, and every refusal the same kind of body
// (rest-api specification, 1.3, 1.4, 1.5). What paths and verbs there are: ../transport.test.ts.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { ACTIONS, type Json, OWN, sendRaw, testRows, useBrisk, waitFor } from "../fixture.ts";

const MB = 1024 * 1024;
const NO_ROUTE = "The requested resource could not be found.";
const NOT_HTTP = /^The request is not valid HTTP: ./;
const CLOSE = "Host: a\r\nConnection: close\r\n";
const JSON_BODY = "Content-Type: application/json\r\n";

const brisk = useBrisk();

interface RawRow {
  readonly name: string;
  /** `KEY` stands for the line with the guest's key. */
  readonly sent: string;
  readonly status: number;
  readonly error?: string | RegExp;
  readonly text?: string;
}

const PUT = `PUT ${ACTIONS}/raw HTTP/1.1\r\nKEY${JSON_BODY}${CLOSE}`;

const RAW: readonly RawRow[] = [
  {
    name: "HTTP/1.1 without a host is refused",
    sent: "GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n",
    status: 400,
    error: "The request has no Host header, which HTTP/1.1 requires",
  },
  {
    name: "HTTP/1.0 without a host is taken",
    sent: "GET /ping HTTP/1.0\r\n\r\n",
    status: 200,
    text: "pong",
  },
  {
    name: "a URL with its host, as a proxy sends it, is taken",
    sent: `GET http://a:80/api/v1/namespaces HTTP/1.1\r\nKEY${CLOSE}\r\n`,
    status: 200,
    text: '["guest"]',
  },
  {
    name: "a URL of a host alone is that of the root",
    sent: `GET http://a HTTP/1.1\r\n${CLOSE}\r\n`,
    status: 200,
  },
  {
    name: "CONNECT is answered, not hung up on",
    sent: `CONNECT a:443 HTTP/1.1\r\n${CLOSE}\r\n`,
    status: 404,
    error: NO_ROUTE,
  },
  {
    name: "OPTIONS of the server as a whole is not there",
    sent: `OPTIONS * HTTP/1.1\r\n${CLOSE}\r\n`,
    status: 404,
    error: NO_ROUTE,
  },
  {
    name: "an upgrade is not made, the request is answered",
    sent: "GET /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
    status: 200,
    text: "pong",
  },
  ...["get", "BREW", "G T"].map((verb) => ({
    name: `the verb ${verb} is none`,
    sent: `${verb} /ping HTTP/1.1\r\n${CLOSE}\r\n`,
    status: 400,
    error: NOT_HTTP,
  })),
  ...["TRACE", "QUERY", "PROPFIND"].map((verb) => ({
    name: `the verb ${verb} is none of ours`,
    sent: `${verb} ${ACTIONS} HTTP/1.1\r\nKEY${CLOSE}\r\n`,
    status: 404,
    error: NO_ROUTE,
  })),
  ...["HTTP/1.9", "HTTP/1.1.1"].map((version) => ({
    name: `${version} is not spoken`,
    sent: `GET /ping ${version}\r\n${CLOSE}\r\n`,
    status: 400,
    error: NOT_HTTP,
  })),
  ...[
    ["two different lengths", "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
    ["a length and chunks", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a coding that is not chunked", "Transfer-Encoding: gzip\r\n\r\n{}"],
    ["a negative length", "Content-Length: -2\r\n\r\n{}"],
    ["a length beyond all numbers", `Content-Length: ${"9".repeat(30)}\r\n\r\n{}`],
    ["a chunk without a length", "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"],
    ["a chunk of another length", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}{}\r\n0\r\n\r\n"],
    ["a header that goes on in the next line", "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"],
    ["a NUL in a header", "X: a\0b\r\nContent-Length: 2\r\n\r\n{}"],
  ].map(([what, rest]) => ({
    name: `${what} is no HTTP`,
    sent: `${PUT}${rest}`,
    status: 400,
    error: NOT_HTTP,
  })),
  {
    name: "an announced body over 50 MB is refused before it comes",
    sent: `PUT ${ACTIONS}/raw HTTP/1.1\r\nHost: a\r\nKEY${JSON_BODY}Content-Length: ${50 * MB + 1}\r\n\r\n`,
    status: 413,
    error: `Request larger than allowed: ${50 * MB + 1} > ${50 * MB} bytes.`,
  },
];

for (const { name, sent, status, error, text } of RAW) {
  test(name, async () => {
    const key = `Authorization: Basic ${Buffer.from(brisk().auth).toString("base64")}\r\n`;
    const [answer = "", ...more] = await sendAndClose(sent.replace("KEY", key));
    assert.deepEqual(more, [], "there is one answer");
    const mark = answer.indexOf("\r\n\r\n");
    const body = answer.slice(mark + 4);
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    const [, id] = /^x-request-id: (.+)$/im.exec(answer.slice(0, mark)) ?? [];
    assert.ok(id, "every answer has its transaction id");
    if (text !== undefined) assert.equal(body, text);
    if (error === undefined) return;
    const parsed = JSON.parse(body) as Json;
    assert.equal(parsed["code"], id);
    if (typeof error === "string") assert.equal(parsed["error"], error);
    else assert.match(String(parsed["error"]), error);
  });
}

/** The answers to what is sent, after the first of which the client hangs up. */
async function sendAndClose(sent: string): Promise<readonly string[]> {
  const { hostname, port } = new URL(brisk().url);
  const socket = connect(Number(port), hostname);
  let received = "";
  let isClosed = false;
  socket.setEncoding("latin1").on("data", (text: string) => {
    received += text;
    socket.end();
  });
  socket.on("close", () => {
    isClosed = true;
  });
  socket.write(Buffer.from(sent, "latin1"));
  await waitFor(() => isClosed || undefined);
  return received.split(/(?=HTTP\/1\.1 \d)/);
}

test("a transaction id comes back in the bytes in which it came, in header and body", async () => {
  const sent = `GET ${OWN}/nothings HTTP/1.1\r\n${CLOSE}X-Request-ID: caf\xe9 \x80\xff\r\n\r\n`;
  const answer = await sendRaw(brisk(), Buffer.from(sent, "latin1"));
  // Read as UTF-8, the header's bytes are no characters; the body's are those that they stand for.
  assert.match(answer, /^X-Request-ID: caf\ufffd \ufffd\ufffd\r$/m);
  const { code } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as Json;
  assert.equal(code, "caf\xe9 \x80\xff");
});

testRows(brisk, [
  ...["200-maybe", "", "100-continue, 200-maybe"].map((expect) => ({
    name: `Expect: ${expect} is refused with what is right`,
    method: "GET",
    path: ACTIONS,
    headers: { expect },
    status: 417,
    error: `The request's Expect header is "${expect}", must be 100-continue`,
  })),
  {
    name: "Expect: 100-continue is answered, and the body taken",
    method: "PUT",
    path: `${ACTIONS}/continued`,
    body: {},
    headers: { expect: "100-Continue" },
    status: 400,
    error: "exec undefined",
  },
  {
    name: "a body in gzip is no JSON",
    method: "POST",
    path: `${ACTIONS}/any`,
    body: Buffer.from("1f8b0800000000000003abae050043bfa6a302000000", "hex"),
    headers: { "content-type": "application/json", "content-encoding": "gzip" },
    status: 400,
    error: /^The request content was malformed:\n/,
  },
  {
    name: "a body on a GET is not looked at",
    method: "GET",
    path: ACTIONS,
    body: "no JSON",
    headers: { "content-type": "text/plain" },
    status: 200,
  },
  {
    name: "a verb in a header is not the request's",
    method: "GET",
    path: `${ACTIONS}?limit=1`,
    headers: { "x-http-method-override": "DELETE", "x-method-override": "DELETE" },
    status: 200,
  },
  ...["/..", "/../../../../etc/passwd", "/%2e%2e/%2e%2e", "/.", "//", "/./actions"].map(
    (suffix) => ({
      name: `the path ${suffix} leads nowhere`,
      method: "GET",
      path: `${OWN}${suffix}`,
      status: 404,
      error: NO_ROUTE,
    }),
  ),
  ...["PATCH", "TRACE", "PUT", "POST", "DELETE"].flatMap((method) =>
    ["/", "/ping", "/api/v1", "/api/v1/", "/api/v1/api-docs"].map((path) => ({
      name: `${method} ${path} is no verb of that path`,
      method,
      path,
      status: 404,
      error: NO_ROUTE,
    })),
  ),
]);
