// What the fields of an action may be, and what is said of those that may not: names, kinds, code,
// versions, parameters, limits, sizes (rest-api specification, 2, 3.0, 4.1, 4.3, 4.4).

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACTIONS,
  checkError,
  invoke,
  type Json,
  OWN,
  type Row,
  testRows,
  useBrisk,
} from "./fixture.ts";

const MB = 1024 * 1024;
const MISSING = "The requested resource does not exist.";
const MALFORMED = "The request content was malformed:\n";
const EXEC = { kind: "nodejs:24", code: "exports.main = () => ({})" };

const brisk = useBrisk();

/** A PUT of an action that nobody else uses. */
function put(body: unknown, row: Omit<Row, "method" | "path" | "body">): Row {
  const path = `${ACTIONS}/row-${row.name.replace(/\W+/g, "-").slice(0, 200)}`;
  return { method: "PUT", path, body, ...row };
}

test("a name may have every allowed character, in the middle also a blank", async () => {
  for (const name of ["AZaz09_ @.&-x", "_", "0", "a@", "a.", "a&", "a-", "a  b", "x".repeat(256)]) {
    const path = `${ACTIONS}/${encodeURIComponent(name)}`;
    for (const [method, body] of [["PUT", { exec: EXEC }], ["GET"], ["DELETE"]] as const) {
      const { status, json } = await brisk().request(method, path, { body });
      assert.equal(status, 200, `${method} ${name}`);
      assert.equal((json as Json)["name"], name);
    }
  }
});

test("an action with any name is invoked, and its activations are found by that name", async () => {
  const name = "0 AZaz_@.&-";
  const encoded = encodeURIComponent(name);
  await brisk().request("PUT", `${ACTIONS}/${encoded}`, { body: { exec: EXEC } });
  const { status, json } = await invoke(brisk(), encoded);
  assert.equal(status, 200);
  assert.equal((json as Json)["name"], name);
  const found = await brisk().request("GET", `${OWN}/activations?limit=1&name=${encoded}`);
  assert.equal((found.json as Json[])[0]?.["name"], name);
});

const ILLEGAL = ["-a", " a", "a ", "a$b", "ü", "a/b", ".a", "@a", "a\nb", "a%", " "];
testRows(
  brisk,
  ILLEGAL.flatMap((name) =>
    ["PUT", "GET", "POST", "DELETE"].map((method) => ({
      name: `${method} refuses the name ${JSON.stringify(name)} and says what is allowed`,
      method,
      path: `${ACTIONS}/${encodeURIComponent(name)}`,
      ...(method === "PUT" ? { body: { exec: EXEC } } : {}),
      status: 400,
      error: /contains illegal characters: use letters, digits/,
    })),
  ),
);

testRows(brisk, [
  {
    name: "a name of 257 characters is refused with both numbers",
    method: "PUT",
    path: `${ACTIONS}/${"x".repeat(257)}`,
    body: { exec: EXEC },
    status: 400,
    error: "Name segement longer than allowed: 257 > 256.",
  },
  ...["PUT", "GET", "POST", "DELETE"].map((method) => ({
    name: `${method} of an action in a missing package is a missing action`,
    method,
    path: `${ACTIONS}/no-package/a`,
    ...(method === "PUT" ? { body: { exec: EXEC } } : {}),
    status: 404,
    error: MISSING,
  })),
  {
    name: "the actions of a missing package: the answer names it",
    method: "GET",
    path: `${ACTIONS}/no-package/`,
    status: 404,
    error: "The requested resource 'guest/no-package' does not exist.",
  },
  put({}, { name: "an action needs exec", status: 400, error: "exec undefined" }),
  put({ exec: null }, { name: "exec null is no exec", status: 400, error: "exec undefined" }),
  put("", {
    name: "a PUT needs a body",
    headers: { "content-type": "application/json" },
    status: 400,
    error: /^The request content was malformed:\nthe body is empty/,
  }),
  put([], { name: "the body of a PUT is an object", status: 400, error: /must be an object/ }),
  put(
    { exec: { code: "x" } },
    {
      name: "exec needs a kind",
      status: 400,
      error: `${MALFORMED}'kind' must be a string defined in 'exec'`,
    },
  ),
  put(
    { exec: { kind: 24, code: "x" } },
    {
      name: "a kind is a string",
      status: 400,
      error: `${MALFORMED}'kind' must be a string defined in 'exec'`,
    },
  ),
  put(
    { exec: { kind: "nodejs:24" } },
    {
      name: "exec needs code",
      status: 400,
      error: `${MALFORMED}'code' must be a string defined in 'exec' for 'nodejs:24' actions`,
    },
  ),
  put({ exec: { kind: "nodejs:24", code: "" } }, { name: "code may be empty", status: 200 }),
  ...["nodejs:99", "nodejs", "cobol:default", "", "nodejs:24:1"].map((kind) =>
    put(
      { exec: { kind, code: "x" } },
      {
        name: `the kind '${kind}' is refused with those that there are`,
        status: 400,
        error: `${MALFORMED}The specified runtime '${kind}' is not supported by this platform. Valid values are: 'nodejs:20', 'nodejs:22', 'nodejs:24', 'nodejs:26'.`,
      },
    ),
  ),
  ...["nodejs:20", "nodejs:22", "nodejs:26"].map((kind) =>
    put(
      { exec: { kind, code: "x" } },
      {
        name: `${kind} is refused with the command that adds it`,
        status: 400,
        error: `The runtime ${kind} is not installed here: \`brisk runtime add ${kind}\` adds it`,
      },
    ),
  ),
  ...["nodejs:default", " NodeJS:24 ", "NODEJS:DEFAULT"].map((kind) =>
    put(
      { exec: { ...EXEC, kind } },
      {
        name: `the kind '${kind}' is stored as nodejs:24`,
        status: 200,
        has: { exec: { ...EXEC, binary: false } },
      },
    ),
  ),
  put(
    { exec: { kind: "nodejs:24", jar: "old name" } },
    {
      name: "code under its old name jar is code",
      status: 200,
      has: { exec: { kind: "nodejs:24", code: "old name", binary: false } },
    },
  ),
  put(
    { exec: { kind: "nodejs:24", code: "abcd", binary: false } },
    {
      name: "what looks like Base64 is binary, whatever the request says",
      status: 200,
      has: { exec: { kind: "nodejs:24", code: "abcd", binary: true } },
    },
  ),
  put(
    { exec: { kind: "nodejs:24", code: "abcde", binary: true } },
    {
      name: "what is no Base64 is text",
      status: 200,
      has: { exec: { kind: "nodejs:24", code: "abcde", binary: false } },
    },
  ),
  put(
    { exec: EXEC, name: "else", namespace: "else", updated: 1, unknown: { a: 1 } },
    { name: "unknown members of a body are ignored", status: 200, has: { namespace: "guest" } },
  ),
  put(
    { exec: EXEC, publish: "yes" },
    {
      name: "publish is true or false",
      status: 400,
      error: `${MALFORMED}'publish' must be true or false`,
    },
  ),
  put(
    { exec: EXEC, version: "1.2.3.4" },
    { name: "a version's further parts are cut", status: 200, has: { version: "1.2.3" } },
  ),
  ...["0.0.0", "-1", "a.b.c", "", "1..2", "1.2.-3"].map((version) =>
    put(
      { exec: EXEC, version },
      {
        name: `the version '${version}' is refused`,
        status: 400,
        error: /'version' is ".*", must be major\.minor\.patch/,
      },
    ),
  ),
  put(
    { exec: EXEC, version: 1 },
    { name: "a version is a string", status: 400, error: `${MALFORMED}'version' must be a string` },
  ),
]);

testRows(brisk, [
  put(
    { exec: EXEC, parameters: { a: 1 } },
    {
      name: "parameters are an array",
      status: 400,
      error: `${MALFORMED}'parameters' must be an array`,
    },
  ),
  put(
    { exec: EXEC, annotations: { a: 1 } },
    {
      name: "annotations are an array",
      status: 400,
      error: `${MALFORMED}'annotations' must be an array`,
    },
  ),
  put(
    { exec: EXEC, parameters: [{ value: 1 }] },
    { name: "a parameter needs a key", status: 400, error: /'key' must be a string/ },
  ),
  put(
    { exec: EXEC, parameters: [{ key: "a" }] },
    { name: "a parameter needs a value", status: 400, error: /'value' must be given/ },
  ),
  put(
    { exec: EXEC, parameters: [{ key: "a", value: 1, init: "yes" }] },
    { name: "init is true or false", status: 400, error: /'init' must be true or false/ },
  ),
  put(
    {
      exec: EXEC,
      parameters: [
        { key: "a", value: 1, init: false, more: 2 },
        { key: "b", value: null, init: true },
        { key: "a", value: 3 },
      ],
    },
    {
      name: "of a key given twice the last is kept, more members are dropped, null is a value",
      status: 200,
      has: {
        parameters: [
          { key: "a", value: 3 },
          { key: "b", value: null, init: true },
        ],
      },
    },
  ),
  put(
    { exec: EXEC, delAnnotations: "a" },
    { name: "delAnnotations is an array", status: 400, error: /'delAnnotations' must be an array/ },
  ),
  put(
    { exec: EXEC, parameters: [{ key: "k", value: "x".repeat(MB - 3) }] },
    { name: "1 MB of parameters is taken", status: 200 },
  ),
  put(
    { exec: EXEC, parameters: [{ key: "k", value: "x".repeat(MB - 2) }] },
    {
      name: "more than 1 MB of parameters is refused",
      status: 413,
      error: `parameters larger than allowed: ${MB + 1} > ${MB} bytes.`,
    },
  ),
  put(
    { exec: EXEC, annotations: [{ key: "ü", value: "ü".repeat(MB / 2) }] },
    {
      name: "more than 1 MB of annotations is refused, in bytes of UTF-8",
      status: 413,
      error: `annotations larger than allowed: ${MB + 4} > ${MB} bytes.`,
    },
  ),
  put(
    { exec: { kind: "nodejs:24", code: "x".repeat(48 * MB), main: "m" } },
    {
      name: "more than 48 MB of code is refused, its entry point counted",
      status: 413,
      error: `exec larger than allowed: ${48 * MB + 1} > ${48 * MB} bytes.`,
    },
  ),
]);

const LIMITS: readonly (readonly [limits: unknown, error: string])[] = [
  [{ timeout: 99 }, "duration 99 milliseconds below allowed threshold of 100 milliseconds"],
  [
    { timeout: 300_001 },
    "duration 300001 milliseconds exceeds allowed threshold of 300000 milliseconds",
  ],
  [{ memory: 127 }, "memory size 127 MB below allowed threshold of 128 MB"],
  [{ memory: 513 }, "memory size 513 MB exceeds allowed threshold of 512 MB"],
  [{ logs: -1 }, "log size -1 MB below allowed threshold of 0 MB"],
  [{ logs: 11 }, "log size 11 MB exceeds allowed threshold of 10 MB"],
  [{ concurrency: 0 }, "concurrency 0 below allowed threshold of 1"],
  [{ concurrency: 501 }, "concurrency 501 exceeds allowed threshold of 500"],
  [{ instances: -1 }, "Action container concurrency must be greater than or equal to 0."],
];
testRows(brisk, [
  ...LIMITS.map(([limits, error]) =>
    put(
      { exec: EXEC, limits },
      {
        name: `limits ${JSON.stringify(limits)} are out of range`,
        status: 400,
        error: `${MALFORMED}requirement failed: ${error}`,
      },
    ),
  ),
  put(
    { exec: EXEC, limits: { instances: 10_001 } },
    {
      name: "more instances than the namespace may have activations are refused",
      status: 400,
      error: "Max action instance concurrency must not exceed your namespace concurrency of 10000.",
    },
  ),
  ...[
    { timeout: 100, memory: 128, logs: 0, concurrency: 1, instances: 0 },
    { timeout: 300_000, memory: 512, logs: 10, concurrency: 500, instances: 10_000 },
  ].map((limits) =>
    put(
      { exec: EXEC, limits },
      { name: `limits ${JSON.stringify(limits)} are in range`, status: 200, has: { limits } },
    ),
  ),
  ...[{ timeout: "1000" }, { memory: 128.5 }, { logs: true }, { concurrency: [] }].map((limits) =>
    put(
      { exec: EXEC, limits },
      {
        name: `limits ${JSON.stringify(limits)} are no whole numbers`,
        status: 400,
        error: /must be a (whole )?number defined in 'limits'/,
      },
    ),
  ),
  put(
    { exec: EXEC, limits: 5 },
    { name: "limits are an object", status: 400, error: `${MALFORMED}'limits' must be an object` },
  ),
]);

test("deeply nested values are refused, not met with a fault", async () => {
  const depth = 200_000;
  const value = `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const answer = await brisk().request("PUT", `${ACTIONS}/deep`, {
    body: `{"exec":${JSON.stringify(EXEC)},"parameters":[{"key":"a","value":${value}}]}`,
    headers: { "content-type": "application/json" },
  });
  assert.equal(answer.status, 400, answer.text.slice(0, 500));
  checkError(answer, /nested/);
});
