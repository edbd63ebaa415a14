// Bodies that are wrong in themselves, whatever they are sent for, and rows that send each of them.

import type { Row } from "../fixture.ts";

const MALFORMED = "The request content was malformed:\n";
const LABEL = { "content-type": "application/json" };
const VALUES_MAX = 600_000;

/** What is no JSON, by what it is. */
const NO_JSON: Readonly<Record<string, string>> = {
  "a brace alone": "{",
  "text after the end": "{}}",
  "two objects": "{}{}",
  "a trailing comma": '{"a":1,}',
  "a missing value": '{"a":}',
  "a missing colon": '{"a" 1}',
  "a key without quotes": "{a:1}",
  "single quotes": "{'a':1}",
  "a comment": "{/* a */}",
  NaN: '{"a":NaN}',
  undefined: '{"a":undefined}',
  "a leading zero": '{"a":01}',
  "a plus sign": '{"a":+1}',
  "a number that ends in its point": '{"a":1.}',
  "a hexadecimal number": '{"a":0x10}',
  "an unknown escape": '{"a":"\\x41"}',
  "a raw line break in a string": '{"a":"\n"}',
  "a string without an end": '{"a":"',
  "a byte order mark": "\ufeff{}",
  "a form": "a=1&b=2",
  "a NUL": "\0",
};

const NO_OBJECT: Readonly<Record<string, string>> = {
  "[]": "an array",
  '[{"a":1}]': "an array",
  '"text"': "a string",
  "7": "a number",
  true: "a boolean",
  null: "null",
};

export interface Target {
  readonly method: string;
  readonly path: string;
}

/** One row for each body that no collection takes. */
export function malformedRows({ method, path }: Target): readonly Row[] {
  const sent = { method, path, headers: LABEL, status: 400 };
  const wide = `{"x":[${"0,".repeat(VALUES_MAX)}0]}`;
  const deep = `{"x":${"[".repeat(1001)}${"]".repeat(1001)}}`;
  return [
    ...Object.entries(NO_JSON).map(([what, body]) => ({
      ...sent,
      name: `${method} ${path}: ${what} is no JSON`,
      body,
      error: /^The request content was malformed:\n./,
    })),
    ...Object.entries(NO_OBJECT).map(([body, is]) => ({
      ...sent,
      name: `${method} ${path}: ${body} is no object`,
      body,
      error: `${MALFORMED}the body is ${is}, must be an object`,
    })),
    {
      ...sent,
      name: `${method} ${path}: bytes that are no UTF-8 are no JSON`,
      body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      error: /^The request content was malformed:\n./,
    },
    {
      ...sent,
      name: `${method} ${path}: more than 1000 levels are refused with the bound`,
      body: deep,
      error: `${MALFORMED}the body is nested too deeply, must have at most 1000 levels`,
    },
    {
      ...sent,
      name: `${method} ${path}: more values than anybody needs are refused`,
      body: wide,
      // Arguments have a bound in bytes too, which is looked at first.
      ...(method === "PUT"
        ? { error: `${MALFORMED}the body has too many values, must have at most ${VALUES_MAX}` }
        : { status: 413, error: /^Request larger than allowed: \d+ > 1048576 bytes\.$/ }),
    },
    ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""].map(
      (type) => ({
        ...sent,
        name: `${method} ${path}: a body labelled '${type}' is refused with what is right`,
        headers: { "content-type": type },
        body: "{}",
        status: 415,
        error: `The request's Content-Type is not supported. Expected:\napplication/json, got ${type || "none"}`,
      }),
    ),
  ];
}

/** What is wrong with one field of a PUT, and what is said of it. */
export type WrongField = readonly [fields: object, detail: string];

/** One row a field: `whole` is a body that would be taken. */
export function fieldRows(
  { path, whole }: { readonly path: string; readonly whole: object },
  wrong: readonly WrongField[],
): readonly Row[] {
  return wrong.map(([fields, detail]) => ({
    name: `PUT ${path} with ${toText(fields)}: ${detail}`,
    method: "PUT",
    path,
    body: { ...whole, ...fields },
    status: 400,
    error: MALFORMED + detail,
  }));
}

const SHOWN_MAX = 80;

function toText(fields: object): string {
  return JSON.stringify(fields).slice(0, SHOWN_MAX);
}

/** Parameters and annotations are of one shape in every collection. */
export const WRONG_KEY_VALUES: readonly WrongField[] = ["parameters", "annotations"].flatMap(
  (field): readonly WrongField[] => [
    [{ [field]: {} }, `'${field}' must be an array`],
    [{ [field]: "a" }, `'${field}' must be an array`],
    [{ [field]: 1 }, `'${field}' must be an array`],
    [{ [field]: true }, `'${field}' must be an array`],
    [{ [field]: [1] }, `'0' must be an object defined in '${field}'`],
    [{ [field]: ["a"] }, `'0' must be an object defined in '${field}'`],
    [{ [field]: [null] }, `'0' must be an object defined in '${field}'`],
    [{ [field]: [{}] }, `'key' must be a string defined in '${field}.0'`],
    [{ [field]: [{ key: 1, value: 1 }] }, `'key' must be a string defined in '${field}.0'`],
    [{ [field]: [{ key: null, value: 1 }] }, `'key' must be a string defined in '${field}.0'`],
    [{ [field]: [{ key: "a" }] }, `'value' must be given in '${field}.0'`],
    [{ [field]: [{ key: "a", value: 1 }, { key: "b" }] }, `'value' must be given in '${field}.1'`],
    [
      { [field]: [{ key: "a", value: 1, init: 1 }] },
      `'init' must be true or false defined in '${field}.0'`,
    ],
  ],
);

/** Whatever is stored may be published, and has a version. */
export const WRONG_COMMON: readonly WrongField[] = [
  ...["yes", 1, 0, [], {}].map(
    (publish): WrongField => [{ publish }, "'publish' must be true or false"],
  ),
  ...[1, true, [], {}].map((version): WrongField => [{ version }, "'version' must be a string"]),
  ...["1.2.3-beta", " 1", "1.x", "1e3", "v1", "0", "0.0", "-0.0.1", "9999999999", "١.٢.٣"].map(
    (version): WrongField => [
      { version },
      `'version' is "${version}", must be major.minor.patch in whole numbers, not all of them 0`,
    ],
  ),
];
