// Bodies of web requests, and what of them an action gets, by content type; raw actions (web-action
// specification, 1.6).

import assert from "node:assert/strict";
import { request as openRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import { type Json, useBrisk } from "./fixture.ts";
import { callWeb, checkCompactError, putWebAction, WEB } from "./web-fixture.ts";

const BYTES = Buffer.from([0, 1, 2, 0xff, 0x0a]);
const JSON_BYTES = Buffer.from('{"a":1}');
const FORM = "application/x-www-form-urlencoded";

const brisk = useBrisk({
  setUp: async (up) => {
    await putWebAction(up, { name: "echo" });
    await putWebAction(up, { name: "raw", annotations: { "raw-http": true } });
  },
});

interface BodyRow {
  readonly type?: string | undefined;
  readonly body?: string | Buffer;
  /** What is there beside method, headers and path. */
  readonly gets: Json;
}

function post(path: string, { type, body }: Omit<BodyRow, "gets">): Promise<Answer> {
  return callWeb(brisk(), `POST ${path}`, { body, headers: { "content-type": type } });
}

async function checkRow(path: string, { gets, ...sent }: BodyRow): Promise<void> {
  const { status, json, text } = await post(path, sent);
  assert.equal(status, 200, text);
  const { __ow_method, __ow_headers, __ow_path, ...rest } = json as Json;
  assert.deepEqual(rest, gets);
  const isTyped = sent.type !== undefined || (sent.body ?? "").length > 0;
  const type = isTyped ? (sent.type ?? "application/octet-stream") : undefined;
  assert.equal((__ow_headers as Json)["content-type"], type);
}

const NORMAL: Readonly<Record<string, BodyRow>> = {
  "no body": { gets: {} },
  "an empty body of JSON": { type: "application/json", body: "", gets: {} },
  "an object": { type: "application/json", body: '{"a":"b","n":1}', gets: { a: "b", n: 1 } },
  "an object with a charset": {
    type: "application/json; charset=utf-8",
    body: '{"a":1}',
    gets: { a: 1 },
  },
  "an object over several lines": {
    type: "application/json",
    body: '{\n  "a": "b\\n"\r\n}\n',
    gets: { a: "b\n" },
  },
  "an empty object": { type: "application/json", body: "{ }", gets: {} },
  "an array": { type: "application/json", body: '[1,"s"]', gets: { __ow_body: [1, "s"] } },
  "a string": { type: "application/json", body: '"str"', gets: { __ow_body: "str" } },
  "a number": { type: "application/json", body: "99", gets: { __ow_body: 99 } },
  "a boolean": { type: "application/json", body: "true", gets: { __ow_body: true } },
  null: { type: "application/json", body: "null", gets: { __ow_body: null } },
  "an object of a type ending in +json": {
    type: "application/cloudevents+json",
    body: '{"k":1}',
    gets: { k: 1 },
  },
  "a form": { type: FORM, body: "a=1&b=2&a=3&c=x+y%21", gets: { a: "3", b: "2", c: "x y!" } },
  "an empty form": { type: FORM, body: "", gets: {} },
  HTML: { type: "text/html", body: "key=välue", gets: { __ow_body: "key=välue" } },
  "an empty text": { type: "text/plain", body: "", gets: { __ow_body: "" } },
  "an image": { type: "image/png", body: BYTES, gets: { __ow_body: BYTES.toString("base64") } },
  "an SVG, which counts as bytes": {
    type: "image/svg+xml",
    body: "<svg/>",
    gets: { __ow_body: toBase64("<svg/>") },
  },
  "a multipart form": {
    type: "multipart/form-data; boundary=x",
    body: "--x--\r\n",
    gets: { __ow_body: toBase64("--x--\r\n") },
  },
  "a text type that is not registered": {
    type: "text/javascript",
    body: "a()",
    gets: { __ow_body: toBase64("a()") },
  },
  "such a type with a charset": {
    type: "text/javascript; charset=utf-8",
    body: "a()",
    gets: { __ow_body: "a()" },
  },
  "what has no type": { body: "a()", gets: { __ow_body: toBase64("a()") } },
  "what has a type that is none": {
    type: "nonsense",
    body: "a()",
    gets: { __ow_body: toBase64("a()") },
  },
};
for (const [what, row] of Object.entries(NORMAL)) {
  test(`an action gets ${what}`, () => checkRow("echo.json", row));
}

const RAW: Readonly<Record<string, BodyRow>> = {
  "no body": { gets: { __ow_body: "" } },
  "an object in Base64": {
    type: "application/json",
    body: JSON_BYTES,
    gets: { __ow_body: JSON_BYTES.toString("base64") },
  },
  "malformed JSON too": {
    type: "application/json",
    body: "{bad",
    gets: { __ow_body: toBase64("{bad") },
  },
  "a registered +json as a string": {
    type: "application/json-patch+json",
    body: "[]",
    gets: { __ow_body: "[]" },
  },
  "another +json in Base64": {
    type: "application/cloudevents+json",
    body: "[]",
    gets: { __ow_body: toBase64("[]") },
  },
  "a form as it was sent": { type: FORM, body: "a=1&a=2", gets: { __ow_body: "a=1&a=2" } },
  "a text": { type: "text/plain", body: "é", gets: { __ow_body: "é" } },
  bytes: { type: "image/png", body: BYTES, gets: { __ow_body: BYTES.toString("base64") } },
};
for (const [what, row] of Object.entries(RAW)) {
  test(`a raw action gets ${what}`, () =>
    checkRow("raw.json", { ...row, gets: { __ow_query: "", ...row.gets } }));
}

const QUERIES = {
  "x=1&y=2": "x=1&y=2",
  "x=1&x=2&": "x=1&x=2",
  "x=a%20b&y=%C3%BC": "x=a+b&y=%C3%BC",
  "a&b=": "a&b=",
};
for (const [sent, gets] of Object.entries(QUERIES)) {
  test(`a raw action gets the query ${sent} as ${gets}`, async () => {
    const row = { type: "application/json", body: JSON_BYTES };
    const __ow_body = JSON_BYTES.toString("base64");
    await checkRow(`raw.json?${sent}`, { ...row, gets: { __ow_query: gets, __ow_body } });
  });
}

test("fields of the body win over the query's", async () => {
  const body = '{"a":"body","n":1}';
  const gets = { q: "1", a: "body", n: 1 };
  await checkRow("echo.json?a=query&q=1", { type: "application/json", body, gets });
});

test("keys that JavaScript has a meaning for are keys like others", async () => {
  const { text } = await post("echo.json?constructor=q", {
    type: "application/json",
    body: '{"__proto__":{"x":1},"toString":2}',
  });
  assert.match(text, /"constructor": "q"/);
  assert.match(text, /"__proto__": \{/);
  assert.match(text, /"toString": 2/);
});

for (const body of ["{bad", '{"a":1}}', `${"[".repeat(2000)}${"]".repeat(2000)}`]) {
  test(`the body ${body.slice(0, 10)} is malformed`, async () => {
    const answer = await post("echo.json", { type: "application/json", body });
    assert.equal(answer.status, 400);
    checkCompactError(answer, /^The request content was malformed:\n/);
  });
}

test("a body that comes in chunks is read whole, and refused beyond the bound", async () => {
  const [status, text] = await sendChunked("echo.json", ['{"a"', ":1}"]);
  assert.equal(status, 200);
  assert.match(text, /"a": 1/);
  const chunk = "x".repeat(256 * 1024);
  const [refused, error] = await sendChunked("echo.json", Array(5).fill(chunk));
  assert.equal(refused, 413);
  assert.match(error, /Request larger than allowed: \d+ > 1048576 bytes\./);
});

async function sendChunked(path: string, chunks: readonly string[]): Promise<[number, string]> {
  const request = openRequest(`${brisk().url}${WEB}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
  });
  const answered = new Promise<[number, string]>((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      readText(response).then((text) => resolve([response.statusCode ?? 0, text]), reject);
    });
  });
  for (const chunk of chunks) request.write(chunk);
  request.end();
  return answered;
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}
