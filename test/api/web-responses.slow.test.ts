// What results of web actions become: by extension, status, headers and content type; failures; Accept
// (web-action specification, 1.8, 1.9).

import assert from "node:assert/strict";
import { connect } from "node:net";
import { text as readText } from "node:stream/consumers";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import { ACTIVATIONS, useBrisk, waitFor } from "./fixture.ts";
import { callWeb, checkCompactError, checkWebError, putWebAction, WEB } from "./web-fixture.ts";

const HTML = "text/html; charset=UTF-8";
const TEXT = "text/plain; charset=UTF-8";
const JSON_TYPE = "application/json";
const BYTES = Buffer.from([0x89, 0x50, 0, 0xff, 0x0a]);
const UNFIT = "Response is not valid 'message/http'.";
const UNKNOWN = "Response did not specify a known content-type.";
const MISMATCH = "Response type in header did not match generated content type.";

const brisk = useBrisk({
  setUp: async (up) => {
    await putWebAction(up, { name: "ret", code: "exports.main = ({ result }) => result" });
    await putWebAction(up, { name: "counted", code: "exports.main = () => ({ body: 'b' })" });
    const code = "exports.main = () => { throw new Error('secret') }";
    await putWebAction(up, { name: "throws", code });
  },
});

interface ResponseRow {
  readonly result: unknown;
  readonly status: number;
  readonly type?: string;
  readonly text?: string;
  /** The sentence of an error. */
  readonly error?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly accept?: string;
}

function call(name: string, { result, accept }: Pick<ResponseRow, "result" | "accept">) {
  return callWeb(brisk(), `POST ${name}`, { body: { result }, headers: { accept } });
}

function checkRow(answer: Answer, row: ResponseRow): void {
  assert.equal(answer.status, row.status, answer.text);
  assert.match(String(answer.headers["x-openwhisk-activation-id"]), /^[0-9a-f]{32}$/);
  assert.equal(answer.headers["access-control-allow-origin"], "*");
  if (row.error === undefined) {
    assert.equal(answer.text, row.text ?? "");
    assert.equal(answer.headers["content-type"], row.type);
  } else checkWebError(answer, row.error);
  for (const [name, value] of Object.entries(row.headers ?? {})) {
    assert.deepEqual(answer.headers[name], value, name);
  }
}

function testRows(extension: string, rows: readonly ResponseRow[]): void {
  for (const row of rows) {
    const { result, status, accept } = row;
    const accepted = accept === undefined ? "" : ` for ${accept}`;
    const shown = JSON.stringify(result).slice(0, 90);
    test(`ret${extension} makes ${shown} a ${status}${accepted}`, async () => {
      checkRow(await call(`ret${extension}`, row), row);
    });
  }
}

function typed(type: unknown, body: unknown) {
  return { headers: { "Content-Type": type }, body };
}

const NO_BODY = { text: "" };
testRows("", [
  { result: { body: "<b>x</b>" }, status: 200, type: HTML, text: "<b>x</b>" },
  { result: {}, status: 204, ...NO_BODY },
  { result: { body: "" }, status: 204, ...NO_BODY },
  { result: { body: null }, status: 204, ...NO_BODY, accept: JSON_TYPE },
  { result: typed("text/plain", ""), status: 204, ...NO_BODY },
  { result: { statusCode: 200, body: "" }, status: 200, ...NO_BODY },
  { result: { body: { a: 1 } }, status: 200, type: JSON_TYPE, text: '{\n  "a": 1\n}' },
  { result: { body: [1] }, status: 200, type: JSON_TYPE, text: "[\n  1\n]" },
  { result: { body: 3 }, status: 200, type: JSON_TYPE, text: "3" },
  { result: { body: false }, status: 200, type: JSON_TYPE, text: "false" },
  { result: [1, { a: 2 }], status: 200, type: JSON_TYPE, text: '[\n  1,\n  {\n    "a": 2\n  }\n]' },
  {
    result: { statusCode: 302, headers: { location: "http://e.x" } },
    status: 302,
    headers: { location: "http://e.x", "content-length": "0" },
  },
  {
    result: { headers: { location: "http://e.x" } },
    status: 204,
    headers: { location: "http://e.x", "content-length": undefined },
  },
]);

const STATUSES: readonly (readonly [unknown, number])[] = [
  ["444", 444],
  [444, 444],
  ["201", 201],
  [200.0, 200],
  [599, 599],
  [205, 205],
  [304, 304],
  ["xyz", 400],
  ["2e2", 400],
  ["-200", 400],
  [200.5, 400],
  [999, 400],
  [600, 400],
  [99, 400],
  [100, 400],
  [103, 400],
  [true, 400],
  [null, 400],
  [{}, 400],
];
testRows(
  "",
  STATUSES.map(([statusCode, status]) => ({
    result: { statusCode, body: status === 400 || [205, 304].includes(status) ? "dropped" : "" },
    status,
    ...(status === 400 ? { error: UNFIT } : {}),
  })),
);

testRows("", [
  {
    result: { headers: { "Set-Cookie": ["a=b", "c=d; Path = /"] } },
    status: 204,
    headers: { "set-cookie": ["a=b", "c=d; Path = /"] },
  },
  {
    result: { headers: { a: 1, b: true, c: ["x", [2, false]], d: [], e: "é" } },
    status: 204,
    headers: { a: "1", b: "true", c: "x, 2, false", d: undefined, e: "é" },
  },
  {
    result: {
      headers: {
        "Content-Length": 99,
        "transfer-encoding": "chunked",
        Trailer: "x",
        connection: "close",
        "X-Request-ID": "mine",
        date: "never",
        server: "mine",
        "Service-Worker-Allowed": "/",
        "clear-site-data": '"*"',
      },
      body: "b",
    },
    status: 200,
    type: HTML,
    text: "b",
    headers: {
      "content-length": "1",
      "transfer-encoding": undefined,
      connection: "keep-alive",
      server: undefined,
      trailer: undefined,
      "service-worker-allowed": undefined,
      "clear-site-data": undefined,
    },
  },
  ...[
    1,
    "x",
    null,
    [],
    { x: null },
    { x: {} },
    { x: ["a", null] },
    { "not a token": "x" },
    { "": "x" },
    { x: "a\r\nSet-Cookie: b=c" },
    { x: "\u0100" },
    { x: "\u0000" },
  ].map((headers) => ({ result: { headers }, status: 400, error: UNFIT })),
]);

testRows("", [
  { result: typed("text/plain", "t"), status: 200, type: TEXT, text: "t" },
  {
    result: typed("text/css; charset=latin1", "é"),
    status: 200,
    type: "text/css; charset=UTF-8",
    text: "é",
  },
  { result: typed(JSON_TYPE, "hello world"), status: 200, type: JSON_TYPE, text: "hello world" },
  {
    result: typed(`${JSON_TYPE}; charset=utf-8`, { a: 1 }),
    status: 200,
    type: JSON_TYPE,
    text: '{\n  "a": 1\n}',
  },
  {
    result: typed("application/hal+json", { a: 1 }),
    status: 200,
    type: "application/hal+json",
    text: '{\n  "a": 1\n}',
  },
  { result: typed("application/hal+json", '{"a":1}'), status: 400, error: MISMATCH },
  {
    result: typed("application/json-patch+json", Buffer.from("[1]").toString("base64")),
    status: 200,
    type: "application/json-patch+json",
    text: "[1]",
  },
  { result: typed("application/octet-stream", "not base64!"), status: 400, error: MISMATCH },
  { result: typed("image/svg+xml", "<svg/>"), status: 400, error: MISMATCH },
  { result: typed("text/javascript", "f()"), status: 400, error: MISMATCH },
  {
    result: typed("text/javascript; charset=utf-8", "f()"),
    status: 200,
    type: "text/javascript; charset=UTF-8",
    text: "f()",
  },
  { result: typed("xyzbar", "s"), status: 400, error: UNKNOWN },
  { result: typed("xyzbar", {}), status: 400, error: MISMATCH },
  { result: typed("text/html", { a: 1 }), status: 400, error: MISMATCH },
  { result: typed(`${JSON_TYPE}; x=y`, { a: 1 }), status: 400, error: MISMATCH },
  { result: typed(["text/plain", "text/css"], "t"), status: 200, type: TEXT, text: "t" },
]);

testRows(".json", [
  { result: {}, status: 200, type: JSON_TYPE, text: "{}" },
  { result: [], status: 200, type: JSON_TYPE, text: "[]" },
  {
    result: { statusCode: 404, body: "x" },
    status: 200,
    type: JSON_TYPE,
    text: '{\n  "statusCode": 404,\n  "body": "x"\n}',
  },
  { result: { error: "bad" }, status: 400, error: "Response is not valid 'application/json'." },
  { result: { error: { a: 1 } }, status: 200, type: JSON_TYPE, text: '{\n  "a": 1\n}' },
]);

testRows(".html", [
  { result: { body: "b", html: "h" }, status: 200, type: HTML, text: "b" },
  { result: { html: "h", statusCode: 404 }, status: 200, type: HTML, text: "h" },
  { result: { error: "bad" }, status: 200, type: HTML, text: "bad" },
  ...[{ body: 1 }, {}, { body: null, html: "h" }, []].map((result) => ({
    result,
    status: 400,
    error: "Response is not valid 'text/html'.",
  })),
]);

testRows(".svg", [
  { result: typed("image/svg+xml", "<svg/>"), status: 200, type: "image/svg+xml", text: "<svg/>" },
  { result: { svg: "<svg/>" }, status: 200, type: "image/svg+xml", text: "<svg/>" },
  { result: {}, status: 400, error: "Response is not valid 'image/svg+xml'." },
]);

testRows(".text", [
  { result: { body: { a: 1 } }, status: 200, type: TEXT, text: '{\n  "a": 1\n}' },
  { result: { text: "t" }, status: 200, type: TEXT, text: "t" },
  { result: { body: null }, status: 200, type: TEXT, text: "null" },
  { result: { body: 1.5 }, status: 200, type: TEXT, text: "1.5" },
  { result: { error: "bad" }, status: 200, type: TEXT, text: "bad" },
  { result: [1], status: 200, type: TEXT, text: "[\n  1\n]" },
  { result: {}, status: 404, error: "Response does not include requested property." },
]);

testRows(".http", [
  { result: { error: { statusCode: 401, body: "no" } }, status: 401, type: HTML, text: "no" },
  { result: { error: "bad" }, status: 400, error: UNFIT },
  {
    result: { statusCode: 404, body: "nf" },
    status: 404,
    type: HTML,
    text: "nf",
    accept: JSON_TYPE,
  },
  { result: { body: "t" }, status: 200, type: HTML, text: "t", accept: "text/*;q=0.1" },
]);

test("bytes come as they were encoded", async () => {
  const body = { result: typed("image/png", BYTES.toString("base64")) };
  const response = await fetch(`${brisk().url}${WEB}/ret`, {
    method: "POST",
    headers: { "content-type": JSON_TYPE },
    body: JSON.stringify(body),
  });
  assert.equal(response.headers.get("content-type"), "image/png");
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), BYTES);
});

for (const extension of ["", ".json", ".html", ".text", ".svg"]) {
  test(`throws${extension} says only that there was an error`, async () => {
    const answer = await callWeb(brisk(), `GET throws${extension}`);
    checkRow(answer, {
      result: undefined,
      status: 400,
      error: "There was an error processing your request.",
    });
    assert.equal(answer.text.split("\n").length, 4);
  });
}

test("a type that is not accepted is refused, after the action has run once", async () => {
  const answer = await callWeb(brisk(), "GET counted", { headers: { accept: JSON_TYPE } });
  assert.equal(answer.status, 406);
  const text =
    /^Resource representation is only available with these types:\ntext\/html; charset=UTF-8$/;
  checkCompactError(answer, text);
  const path = `${ACTIVATIONS}?name=counted`;
  const records = await waitFor(async () => {
    const { json } = await brisk().request("GET", path);
    return (json as unknown[]).length > 0 ? (json as unknown[]) : undefined;
  });
  assert.equal(records.length, 1);
});

test("HEAD has the headers of the answer, without its body", async () => {
  const code =
    "exports.main = ({ __ow_method }) => ({ headers: { x: '1', __ow_method }, body: 'b' })";
  await putWebAction(brisk(), { name: "head", code });
  const { status, headers, text } = await callWeb(brisk(), "HEAD head");
  assert.deepEqual([status, text], [200, ""]);
  assert.deepEqual([headers["x"], headers["__ow_method"]], ["1", "head"]);
  assert.equal(headers["content-length"], "1");
});

test("what follows on a connection after 101 is not read as a request", async () => {
  const code = "exports.main = () => ({ statusCode: 101, headers: { upgrade: 'x' } })";
  await putWebAction(brisk(), { name: "upgrade", code });
  const { hostname, port } = new URL(brisk().url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `GET ${WEB}/upgrade HTTP/1.1\r\nHost: x\r\n\r\nGET /ping HTTP/1.1\r\nHost: x\r\n\r\n`,
  );
  const received = await readText(socket);
  assert.match(received, /^HTTP\/1\.1 101 /);
  assert.match(received, /\r\nConnection: close\r\n/);
  assert.doesNotMatch(received, /pong/);
});
