// HTTP itself: which paths and verbs there are, headers, content types, sizes, and what is no HTTP at
// all (rest-api specification, 1).

import assert from "node:assert/strict";
import { once } from "node:events";
import { request as openRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import { test } from "node:test";
import type { Brisk } from "../harness.ts";
import {
  ACTIONS,
  ACTIVATIONS,
  checkError,
  invoke,
  type Json,
  OWN,
  putAction,
  sendRaw,
  testRows,
  useBrisk,
} from "./fixture.ts";

const MB = 1024 * 1024;
const NO_ROUTE = "The requested resource could not be found.";
const MISSING = "The requested resource does not exist.";

const brisk = useBrisk();

testRows(brisk, [
  {
    name: "GET /ping is answered pong, without a key",
    method: "GET",
    path: "/ping",
    headers: { authorization: undefined },
    status: 200,
    text: "pong",
  },
  {
    name: "GET / says what the platform can, without a key",
    method: "GET",
    path: "/",
    headers: { authorization: undefined },
    status: 200,
    has: { description: "OpenWhisk", api_paths: ["/api/v1"] },
  },
  ...["/api/v1", "/api/v1/"].map((path) => ({
    name: `GET ${path} says which API it is, without a key`,
    method: "GET",
    path,
    headers: { authorization: undefined },
    status: 200,
    has: {
      description: "OpenWhisk API",
      api_version: "1.0.0",
      api_version_path: "v1",
      swagger_paths: { ui: "/docs", "api-docs": "/api-docs" },
    },
  })),
  ...[
    "/api/v1/namespaces",
    "/api/v1/namespaces/",
    "//api/v1/namespaces",
    "///api/v1/namespaces",
  ].map((path) => ({
    name: `GET ${path} is the list of one's namespaces`,
    method: "GET",
    path,
    status: 200,
    json: ["guest"],
  })),
  ...[
    "/api/v1/namespaces/_",
    "/nowhere",
    "/api/v2/namespaces",
    "/api/v1x",
    "/api",
    "/api/v1/x",
  ].map((path) => ({
    name: `GET ${path} is not there`,
    method: "GET",
    path,
    status: 404,
    error: NO_ROUTE,
  })),
  ...[
    `${ACTIONS}/a/b/c`,
    `${ACTIONS}//a`,
    `${ACTIONS}/a//`,
    `${OWN}/nothings`,
    `${OWN}/nothings/a`,
    `${ACTIVATIONS}/${"a".repeat(32)}/nothing`,
    `${ACTIVATIONS}/${"a".repeat(32)}/logs/nothing`,
  ].map((path) => ({
    name: `GET ${path} has no such path`,
    method: "GET",
    path,
    status: 404,
    error: NO_ROUTE,
  })),
  ...[
    ["PATCH", `${ACTIONS}/a`],
    ["HEAD", `${ACTIONS}/a`],
    ["PUT", ACTIONS],
    ["POST", ACTIONS],
    ["DELETE", ACTIONS],
    ["PUT", `${ACTIONS}/`],
    ["POST", ACTIVATIONS],
    ["DELETE", `${ACTIVATIONS}/${"a".repeat(32)}`],
    ["POST", `${OWN}/limits`],
    ["PUT", "/api/v1/namespaces"],
    ["POST", "/ping"],
  ].map(([method = "", path = ""]) => ({
    name: `${method} ${path} is no verb of that path`,
    method,
    path,
    status: 404,
    ...(method === "HEAD" ? {} : { error: NO_ROUTE }),
  })),
  ...["/api/v1", "/api/v1/", `${ACTIONS}/a`, "/api/v1/no/such/path"].map((path) => ({
    name: `OPTIONS ${path} is answered OK without a key, so that browsers may ask`,
    method: "OPTIONS",
    path,
    headers: { authorization: undefined },
    status: 200,
    text: "OK",
  })),
  ...["text/html", "application/json;q=0", "application/json;q=0, */*", "application/xml, a"].map(
    (accept) => ({
      name: `Accept: ${accept} is refused with the type that there is`,
      method: "GET",
      path: "/api/v1/namespaces",
      headers: { accept },
      status: 406,
      error: "Resource representation is only available with these types:\napplication/json",
    }),
  ),
  ...["*/*", "application/*", "text/html, application/json;q=0.5", "application/json", ""].map(
    (accept) => ({
      name: `Accept: ${accept} takes JSON`,
      method: "GET",
      path: "/api/v1/namespaces",
      headers: { accept },
      status: 200,
    }),
  ),
  {
    name: "an error is sent whatever the Accept header says",
    method: "GET",
    path: `${ACTIONS}/missing`,
    headers: { accept: "text/html" },
    status: 404,
    error: MISSING,
  },
  {
    name: "a URI of more than 8 KB is refused with the bound",
    method: "GET",
    path: `${ACTIONS}?x=${"y".repeat(8192)}`,
    status: 414,
    error: /8192 bytes/,
  },
  {
    name: "a URI of just 8 KB is taken",
    method: "GET",
    path: `${ACTIONS}?x=`.padEnd(8192, "y"),
    status: 200,
  },
  ...["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json"].map(
    (type) => ({
      name: `a body labelled ${type} is refused with what is right`,
      method: "POST",
      path: `${ACTIONS}/missing`,
      body: "{}",
      headers: { "content-type": type },
      status: 415,
      error: `The request's Content-Type is not supported. Expected:\napplication/json, got ${type}`,
    }),
  ),
  {
    name: "an empty body labelled as something else is refused too",
    method: "POST",
    path: `${ACTIONS}/missing`,
    headers: { "content-type": "text/plain" },
    status: 415,
    error: /application\/json, got text\/plain$/,
  },
  {
    name: "a body without a label is refused",
    method: "POST",
    path: `${ACTIONS}/missing`,
    body: "{}",
    status: 415,
    error: /application\/json, got none/,
  },
  ...["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"].map(
    (type) => ({
      name: `a body labelled ${type} is JSON`,
      method: "POST",
      path: `${ACTIONS}/missing`,
      body: "{}",
      headers: { "content-type": type },
      status: 404,
      error: MISSING,
    }),
  ),
  {
    name: "a body that is no JSON is refused before anything is looked up",
    method: "POST",
    path: `${ACTIONS}/missing`,
    body: '{"a": ',
    headers: { "content-type": "application/json" },
    status: 400,
    error: /^The request content was malformed:\n./,
  },
  {
    name: "a payload over 1 MB is refused before anything is looked up",
    method: "POST",
    path: `${ACTIONS}/missing`,
    body: { text: "x".repeat(MB) },
    status: 413,
    error: `Request larger than allowed: ${MB + 11} > ${MB} bytes.`,
  },
  {
    name: "an undecodable path segment is refused",
    method: "GET",
    path: `${ACTIONS}/%E0%A4%A`,
    status: 400,
    error: /percent-encoded UTF-8/,
  },
]);

test("every answer has the CORS headers, also an error", async () => {
  for (const path of ["/api/v1/namespaces", `${ACTIONS}/missing`, "/api/v1/nothing"]) {
    const { headers } = await brisk().request("GET", path);
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.equal(
      headers["access-control-allow-headers"],
      "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent, Idempotency-Key",
    );
    assert.equal(headers["access-control-allow-methods"], "GET, DELETE, POST, PUT, HEAD");
  }
});

test("a transaction id is adopted where the client sends one, whatever it looks like", async () => {
  for (const id of ["mine", "with blanks and ünïcode? no: latin", "x".repeat(500)]) {
    const sent = id.replace(/[^\x20-\x7e]/g, "~");
    const { headers, json } = await brisk().request("GET", `${ACTIONS}/missing`, {
      headers: { "x-request-id": sent },
    });
    assert.equal(headers["x-request-id"], sent);
    assert.equal((json as Json)["code"], sent);
  }
});

test("a transaction id is made where there is none, or a reserved one", async () => {
  for (const sent of [undefined, "sid_invoker", ""]) {
    const { headers } = await brisk().request("GET", "/ping", {
      headers: { "x-request-id": sent },
    });
    assert.match(String(headers["x-request-id"]), /^[A-Za-z0-9]{32}$/);
  }
});

test("the transaction id of an invocation is the action's", async () => {
  await putAction(brisk(), {
    name: "transaction",
    code: "exports.main = () => ({ id: process.env.__OW_TRANSACTION_ID })",
  });
  const { json } = await brisk().request(
    "POST",
    `${ACTIONS}/transaction?blocking=true&result=true`,
    {
      headers: { "x-request-id": "the-clients-own" },
    },
  );
  assert.deepEqual(json, { id: "the-clients-own" });
});

test("an answer that carries an activation names it in a header, an error does not", async () => {
  await putAction(brisk(), { name: "named", code: "exports.main = () => ({})" });
  const finished = await invoke(brisk(), "named");
  const id = (finished.json as Json)["activationId"];
  assert.equal(finished.headers["x-openwhisk-activation-id"], id);
  const bare = await invoke(brisk(), "named", { query: "blocking=true&result=true" });
  assert.match(String(bare.headers["x-openwhisk-activation-id"]), /^[0-9a-f]{32}$/);
  const missing = await invoke(brisk(), "missing");
  assert.equal(missing.headers["x-openwhisk-activation-id"], undefined);
});

test("a payload of exactly 1 MB is taken", async () => {
  await putAction(brisk(), {
    name: "length",
    code: "exports.main = ({ text }) => ({ length: text.length })",
  });
  const text = "x".repeat(MB - '{"text":""}'.length);
  const { json } = await invoke(brisk(), "length", {
    query: "blocking=true&result=true",
    body: { text },
  });
  assert.deepEqual(json, { length: text.length });
});

test("a body of unknown length is taken as one of known length is", async () => {
  await putAction(brisk(), { name: "echo", code: "exports.main = (given) => given" });
  const answer = await sendChunks(brisk(), ['{"a":', "1}"]);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(JSON.parse(answer.text), { a: 1 });
});

test("a body of unknown length over 1 MB is refused while it comes, and is not kept", async () => {
  const chunk = "x".repeat(64 * 1024);
  const { status, text } = await sendChunks(brisk(), Array(64).fill(chunk));
  assert.equal(status, 413, text);
  assert.match(text, /Request larger than allowed: \d+ > 1048576 bytes\./);
});

test("an announced body over the server's 50 MB is refused, and the client hears so", async () => {
  const answer = await brisk().request("PUT", `${ACTIONS}/huge`, {
    body: Buffer.alloc(50 * MB + 1, 0x20),
    headers: { "content-type": "application/json" },
  });
  assert.equal(answer.status, 413);
  checkError(answer, `Request larger than allowed: ${50 * MB + 1} > ${50 * MB} bytes.`);
});

test("what is no HTTP is answered in the same form as everything else", async () => {
  for (const sent of ["GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n"]) {
    const answer = await sendRaw(brisk(), sent);
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    const { error, code } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    assert.match(error, /^The request is not valid HTTP: ./);
    assert.ok(answer.includes(`X-Request-ID: ${code}\r\n`));
  }
});

test("headers of more than 32 KB are refused with the bound", async () => {
  const answer = await sendRaw(
    brisk(),
    `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${"x".repeat(40_000)}\r\n\r\n`,
  );
  assert.match(answer, /^HTTP\/1\.1 431 .*32768 bytes/s);
});

test("two requests on one connection are both answered, after an error too", async () => {
  const answers = await sendRaw(
    brisk(),
    "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  );
  assert.match(answers, /^HTTP\/1\.1 404 .*HTTP\/1\.1 200 .*pong$/s);
});

/** Posts to the action `echo`, without saying how long the body is. */
async function sendChunks(
  { url, auth }: Brisk,
  chunks: readonly string[],
): Promise<{ status: number | undefined; text: string }> {
  const request = openRequest(`${url}${ACTIONS}/echo?blocking=true&result=true`, {
    method: "POST",
    auth,
    headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
  });
  for (const chunk of chunks) request.write(chunk);
  request.end();
  const [response] = await once(request, "response");
  return { status: response.statusCode, text: await readText(response) };
}

test("no transaction id that HTTP can carry upsets the server", async () => {
  for (const byte of ["\x7f", "\x80", "\xff", "\t", '"', "\\"]) {
    const answer = await sendRaw(
      brisk(),
      Buffer.from(
        `GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-ID: a${byte}b\r\n\r\n`,
        "latin1",
      ),
    );
    assert.match(answer, /^HTTP\/1\.1 (200|400) /, JSON.stringify(byte));
  }
  assert.equal((await brisk().request("GET", "/ping")).status, 200);
});
