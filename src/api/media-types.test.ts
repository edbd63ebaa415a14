// Media types against the table of OpenWhisk's HTTP toolkit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accepts, isJson, isText, parseMediaType, toContentType } from "./media-types.ts";

function parse(text: string) {
  const type = parseMediaType(text);
  assert.ok(type, text);
  return type;
}

const TEXTS = [
  ...["text/plain", "TEXT/HTML", "text/css", "text/csv", "text/xml", "text/markdown"],
  ...["text/calendar", "text/event-stream", "text/uri-list", "text/x-java-source"],
  ...["application/json", "application/json-patch+json", "application/vnd.api+json"],
  ...["application/x-www-form-urlencoded", "application/xml", "application/xhtml+xml"],
  ...["application/javascript", "application/atom+xml", "application/base64"],
  ...[
    "text/foo; charset=utf-8",
    "application/yaml;charset=UTF-8",
    'text/javascript; Charset="utf-8"',
  ],
];
const BINARIES = [
  ...["image/png", "image/svg+xml", "audio/mpeg", "video/mp4", "font/woff2", "message/http"],
  ...["multipart/form-data; boundary=x", "application/octet-stream", "application/pdf"],
  ...["application/zip; charset=utf-8", "image/svg+xml; charset=utf-8"],
  ...["text/javascript", "text/foo", "application/yaml", "application/hal+json"],
];
for (const text of TEXTS) test(`${text} is text`, () => assert.ok(isText(parse(text))));
for (const text of BINARIES) test(`${text} is binary`, () => assert.ok(!isText(parse(text))));

test("what has not the form of a media type is none", () => {
  for (const text of [
    "",
    "xyzbar",
    "text/",
    "/plain",
    "text/plain; x",
    "a b/c",
    "text/plain, b/c",
  ]) {
    assert.equal(parseMediaType(text), undefined, text);
  }
});

test("every type that ends in +json is JSON", () => {
  for (const text of ["application/json; charset=utf-8", "application/cloudevents+json"]) {
    assert.ok(isJson(parse(text)), text);
  }
  for (const text of ["application/jsonl", "text/json", "application/xml"]) {
    assert.ok(!isJson(parse(text)), text);
  }
});

const CONTENT_TYPES = {
  "text/html": "text/html; charset=UTF-8",
  "Text/HTML; Charset=latin1": "text/html; charset=UTF-8",
  "text/plain; format=flowed": "text/plain; format=flowed; charset=UTF-8",
  "application/json; charset=utf-8": "application/json",
  "image/png": "image/png",
};
for (const [given, sent] of Object.entries(CONTENT_TYPES)) {
  test(`${given} is sent as ${sent}`, () => assert.equal(toContentType(parse(given)), sent));
}

const ACCEPTED: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, true],
  ["", true],
  ["*/*", true],
  ["text/*", true],
  ["TEXT/HTML", true],
  ["application/json, text/html;q=0.1", true],
  ["application/json", false],
  ["text/html;q=0", false],
  ["*/*, text/html;q=0", false],
  ["text/*;q=0, */*", false],
  ["text/html;level=1", true],
  ["nonsense", false],
];
for (const [accept, isAccepted] of ACCEPTED) {
  test(`Accept: ${accept} ${isAccepted ? "takes" : "refuses"} text/html`, () => {
    assert.equal(accepts(accept, "text/html"), isAccepted);
  });
}
