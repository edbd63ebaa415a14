// Invoking over HTTP: waiting and not, what an action is given, what its record says, and the forms in
// which code comes (rest-api specification, 4.1, 5, 6). How invocations end: outcomes.slow.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { strToU8, zipSync } from "fflate";
import {
  ACTIONS,
  type ActivationRecord,
  annotationOf,
  checkError,
  invoke,
  type Json,
  putAction,
  readActivation,
  testRows,
  useBrisk,
} from "./fixture.ts";

const RESULT = "blocking=true&result=true";
const ECHO = "exports.main = (given) => given";
const ENVIRONMENT = "exports.main = () => ({ ...process.env })";

const brisk = useBrisk();

async function resultOf(name: string, body?: unknown): Promise<Json> {
  const { status, json, text } = await invoke(brisk(), name, { query: RESULT, body });
  assert.equal(status, 200, text);
  return json as Json;
}

test("without blocking the answer is 202 with the activation's id, and its record follows", async () => {
  await putAction(brisk(), { name: "later", code: ECHO });
  for (const query of ["", "blocking=false", "blocking=", "result=true", "timeout=1"]) {
    const { status, json, headers } = await invoke(brisk(), "later", { query, body: { a: 1 } });
    assert.equal(status, 202);
    const { activationId, ...rest } = json as Json;
    assert.deepEqual(rest, {});
    assert.match(String(activationId), /^[0-9a-f]{32}$/);
    assert.equal(headers["x-openwhisk-activation-id"], activationId);
    const { response } = await readActivation(brisk(), activationId);
    assert.deepEqual(response, { status: "success", success: true, result: { a: 1 }, size: 7 });
  }
});

test("a blocking answer is the whole record but for the log", async () => {
  const before = Date.now();
  await putAction(brisk(), { name: "record", code: ECHO, limits: { memory: 128, logs: 1 } });
  const cold = (await invoke(brisk(), "record", { body: { a: 1 } })).json as ActivationRecord;
  const { activationId, start, end, duration, annotations, ...rest } = cold;
  assert.deepEqual(rest, {
    namespace: "guest",
    name: "record",
    version: "0.0.1",
    publish: false,
    subject: "guest",
    response: { status: "success", success: true, result: { a: 1 }, size: 7 },
    logs: [],
  });
  assert.match(activationId, /^[0-9a-f]{32}$/);
  assert.ok(before <= start && start <= end && end <= Date.now());
  assert.equal(duration, end - start);
  assert.deepEqual(
    annotations.map(({ key }) => key),
    ["path", "kind", "limits", "timeout", "waitTime", "initTime"],
  );
  assert.equal(annotationOf(cold, "path"), "guest/record");
  assert.equal(annotationOf(cold, "kind"), "nodejs:24");
  const limits = { timeout: 60_000, memory: 128, logs: 1, concurrency: 1 };
  assert.deepEqual(annotationOf(cold, "limits"), limits);
  assert.equal(annotationOf(cold, "timeout"), false);
  const [waited, initialised] = ["waitTime", "initTime"].map((key) => annotationOf(cold, key));
  assert.ok(Number(waited) >= 0 && Number(initialised) >= 0 && Number(initialised) <= duration);

  const warm = (await invoke(brisk(), "record")).json as ActivationRecord;
  assert.equal(annotationOf(warm, "initTime"), undefined, "a warm start is not initialised");
});

test("an update is a cold start, and the record has its version", async () => {
  await putAction(brisk(), { name: "updated", code: ECHO });
  await invoke(brisk(), "updated");
  await putAction(brisk(), { name: "updated", code: ECHO });
  const record = (await invoke(brisk(), "updated")).json as ActivationRecord;
  assert.equal(record.version, "0.0.2");
  assert.notEqual(annotationOf(record, "initTime"), undefined);
});

test("when the wait is over the answer is 202, and the action goes on", async () => {
  const code =
    "exports.main = () => new Promise((resolve) => setTimeout(resolve, 400, { slow: true }))";
  await putAction(brisk(), { name: "slow", code });
  const { status, json, headers } = await invoke(brisk(), "slow", {
    query: "blocking=true&result=true&timeout=20",
  });
  assert.equal(status, 202);
  const { activationId } = json as Json;
  assert.deepEqual(json, { activationId });
  assert.equal(headers["x-openwhisk-activation-id"], activationId);
  const { response } = await readActivation(brisk(), activationId);
  assert.deepEqual(response.result, { slow: true });
});

testRows(brisk, [
  ...["0", "60001", "-1"].map((timeout) => ({
    name: `timeout=${timeout} is out of range, also where nobody waits`,
    method: "POST",
    path: `${ACTIONS}/any?timeout=${timeout}`,
    status: 400,
    error: `The query parameter 'timeout' was malformed:\nTimeout must be number of milliseconds up to 60000.`,
  })),
  ...["timeout=", "timeout=1.5"].map((query) => ({
    name: `${query} is refused as what is out of range is`,
    method: "POST",
    path: `${ACTIONS}/any?${query}`,
    status: 400,
    error:
      "The query parameter 'timeout' was malformed:\nTimeout must be number of milliseconds up to 60000.",
  })),
  ...["blocking=perhaps", "result=3"].map((query) => ({
    name: `${query} is refused with the parameter's name`,
    method: "POST",
    path: `${ACTIONS}/any?${query}`,
    status: 400,
    error: /^The query parameter '(blocking|result)' was malformed:\n'/,
  })),
  ...['["a"]', '"text"', "7", "null", "true"].map((body) => ({
    name: `the payload ${body} is no object`,
    method: "POST",
    path: `${ACTIONS}/any`,
    body,
    headers: { "content-type": "application/json" },
    status: 400,
    error: /^The request content was malformed:\nthe body is .+, must be an object$/,
  })),
  {
    name: "a payload nested too deeply is refused with the bound",
    method: "POST",
    path: `${ACTIONS}/any`,
    body: `{"a":${"[".repeat(2000)}${"]".repeat(2000)}}`,
    headers: { "content-type": "application/json" },
    status: 400,
    error: /nested too deeply, must have at most 1000 levels$/,
  },
]);

test("no body, an empty one and an empty object are the same to an action", async () => {
  await putAction(brisk(), { name: "empty", code: ECHO });
  for (const options of [{}, { body: "" }, { body: {} }]) {
    const { json } = await brisk().request("POST", `${ACTIONS}/empty?${RESULT}`, options);
    assert.deepEqual(json, {});
  }
  const labelled = { headers: { "content-type": "application/json" } };
  const { json } = await brisk().request("POST", `${ACTIONS}/empty?${RESULT}`, labelled);
  assert.deepEqual(json, {});
});

test("a payload's members win over the action's parameters, one by one", async () => {
  const parameters = [
    { key: "a", value: 1 },
    { key: "b", value: { c: 2 } },
  ];
  await putAction(brisk(), { name: "parameters", code: ECHO, parameters });
  assert.deepEqual(await resultOf("parameters"), { a: 1, b: { c: 2 } });
  assert.deepEqual(await resultOf("parameters", { b: { d: 3 }, e: null }), {
    a: 1,
    b: { d: 3 },
    e: null,
  });
});

test("a payload in several lines, with odd names, arrives as it is", async () => {
  await putAction(brisk(), {
    name: "odd",
    code: "exports.main = (given) => ({ keys: Object.keys(given), given: JSON.stringify(given) })",
    parameters: [{ key: "first", value: 0 }],
  });
  const body = '\r\n{ "__proto__" : {"a":1},\n"constructor": "\\n\u2028",\t"": [] }\n';
  const { json } = await brisk().request("POST", `${ACTIONS}/odd?${RESULT}`, {
    body,
    headers: { "content-type": "application/json" },
  });
  assert.deepEqual(json, {
    keys: ["first", "__proto__", "constructor", ""],
    given: '{"first":0,"__proto__":{"a":1},"constructor":"\\n\u2028","":[]}',
  });
});

test("final parameters are refused in a payload, but for those bound to null", async () => {
  await putAction(brisk(), {
    name: "final",
    code: ECHO,
    parameters: [
      { key: "fixed", value: 1 },
      { key: "open", value: null },
    ],
    annotations: [{ key: "final", value: true }],
  });
  const refused = await invoke(brisk(), "final", { body: { fixed: 2 } });
  assert.equal(refused.status, 400);
  checkError(
    refused,
    "Request defines parameters that are not allowed (e.g., reserved properties).",
  );
  assert.deepEqual(await resultOf("final", { open: 2, own: 3 }), { fixed: 1, open: 2, own: 3 });
});

test("payload and parameters together have a bound too", async () => {
  const value = "x".repeat(1024 * 1024 - 100);
  await putAction(brisk(), { name: "large", code: ECHO, parameters: [{ key: "a", value }] });
  const answer = await invoke(brisk(), "large", { body: { b: "y".repeat(10_000) } });
  assert.equal(answer.status, 413);
  checkError(answer, /^Request larger than allowed: \d+ > \d+ bytes\.$/);
});

test("init parameters are environment, and no arguments, whatever is sent", async () => {
  await putAction(brisk(), {
    name: "init",
    code: "const { TEXT, NUMBER, NONE, OBJECT } = process.env; exports.main = (given) => ({ given, TEXT, NUMBER, NONE, OBJECT })",
    parameters: [
      { key: "TEXT", value: "text", init: true },
      { key: "NUMBER", value: 7, init: true },
      { key: "NONE", value: null, init: true },
      { key: "OBJECT", value: { a: [true] }, init: true },
      { key: "plain", value: 1 },
    ],
  });
  const all = {
    given: { plain: 1, own: 2 },
    TEXT: "text",
    NUMBER: "7",
    NONE: "",
    OBJECT: '{"a":[true]}',
  };
  assert.deepEqual(await resultOf("init", { own: 2, TEXT: "changed" }), all);
  assert.deepEqual(await resultOf("init", { own: 2, TEXT: "too late" }), all);
});

test("an action knows who and what it is, each time anew", async () => {
  const at = Date.now();
  await putAction(brisk(), { name: "context", code: ENVIRONMENT, limits: { timeout: 5000 } });
  const ids = new Set();
  for (let run = 0; run < 2; run++) {
    const { json, headers } = await invoke(brisk(), "context", { query: RESULT });
    const variables = json as Record<string, string>;
    const id = headers["x-openwhisk-activation-id"];
    ids.add(id);
    assert.partialDeepStrictEqual(variables, {
      __OW_NAMESPACE: "guest",
      __OW_ACTION_NAME: "/guest/context",
      __OW_ACTION_VERSION: "0.0.1",
      __OW_ACTIVATION_ID: id,
      __OW_TRANSACTION_ID: headers["x-request-id"],
    });
    const deadline = Number(variables["__OW_DEADLINE"]);
    assert.ok(deadline >= at + 5000 && deadline <= Date.now() + 5000);
    assert.match(variables["__OW_API_HOST"] ?? "", /^http:\/\//);
  }
  assert.equal(ids.size, 2);
});

test("the environment has nothing of the platform's own", async () => {
  await putAction(brisk(), { name: "environment", code: ENVIRONMENT });
  const own = /^(__OW_\w+|PATH|HOME|LANG|LC_ALL|TZ|TMPDIR|PWD|NODE_\w+)$/;
  const others = Object.keys(await resultOf("environment")).filter((name) => !own.test(name));
  assert.deepEqual(others, []);
});

const KEYS: readonly (readonly [value: unknown, isGiven: boolean])[] = [
  [undefined, false],
  [false, false],
  [0, false],
  ["", false],
  [null, false],
  [true, true],
  [1, true],
  ["yes", true],
  [[], true],
  [{}, true],
];
for (const [index, [value, isGiven]] of KEYS.entries()) {
  test(`provide-api-key ${JSON.stringify(value)} ${isGiven ? "gives" : "keeps"} the key`, async () => {
    const annotations = value === undefined ? [] : [{ key: "provide-api-key", value }];
    const name = `key-${index}`;
    await putAction(brisk(), { name, code: ENVIRONMENT, annotations, limits: { memory: 128 } });
    const { __OW_API_KEY: key } = await resultOf(name);
    assert.equal(key, isGiven ? brisk().auth : undefined);
  });
}

test("an action without the annotation gets the key", async () => {
  await putAction(brisk(), { name: "keyed", code: ENVIRONMENT });
  await brisk().request("PUT", `${ACTIONS}/keyed?overwrite=true`, {
    body: { delAnnotations: ["provide-api-key"] },
  });
  assert.equal((await resultOf("keyed"))["__OW_API_KEY"], brisk().auth);
});

test("an action invokes another one with the openwhisk client, its host and its key", async () => {
  await putAction(brisk(), { name: "inner", code: ECHO });
  await putAction(brisk(), {
    name: "outer",
    code: `const openwhisk = require("openwhisk");
      exports.main = async ({ value }) => {
        const ow = openwhisk();
        const params = { value };
        const result = await ow.actions.invoke({ name: "inner", blocking: true, result: true, params });
        const names = (await ow.actions.list({ limit: 200 })).map(({ name }) => name);
        return { result, hasInner: names.includes("inner") };
      }`,
    annotations: [{ key: "provide-api-key", value: true }],
  });
  assert.deepEqual(await resultOf("outer", { value: "é" }), {
    result: { value: "é" },
    hasInner: true,
  });
});

function zip(files: Readonly<Record<string, string>>): string {
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)]);
  return Buffer.from(zipSync(Object.fromEntries(entries))).toString("base64");
}

const DEPENDENCY = {
  "node_modules/greet/package.json": '{"name":"greet","main":"lib/greet.js"}',
  "node_modules/greet/lib/greet.js": "module.exports = (name) => 'hello ' + name",
};
const FORMS: Readonly<Record<string, { readonly code: string; readonly main?: string }>> = {
  "a function in text": { code: "function main({ name }) { return { hello: 'hello ' + name } }" },
  "TypeScript text": {
    code: "interface Given { name: string }\nexport function main({ name }: Given): object { return { hello: 'hello ' + name as string } }",
  },
  "an ES module as text": {
    code: "export const main = ({ name }) => ({ hello: 'hello ' + name })",
  },
  "another entry point": {
    code: "exports.greet = ({ name }) => ({ hello: 'hello ' + name })",
    main: "greet",
  },
  "an archive of CommonJS with a dependency": {
    code: zip({
      "package.json": '{"main":"start.js"}',
      "start.js":
        'const greet = require("greet"); exports.main = ({ name }) => ({ hello: greet(name) })',
      ...DEPENDENCY,
    }),
  },
  "an archive of ES modules with a dependency": {
    code: zip({
      "package.json": '{"type":"module","main":"start.js"}',
      "start.js":
        'import greet from "greet"; export const main = ({ name }) => ({ hello: greet(name) })',
      ...DEPENDENCY,
    }),
  },
  "an archive without package.json": {
    code: zip({ "index.js": "exports.main = ({ name }) => ({ hello: 'hello ' + name })" }),
  },
};
for (const [form, { code, ...options }] of Object.entries(FORMS)) {
  test(`code may be ${form}`, async () => {
    const name = form.replaceAll(" ", "-");
    await putAction(brisk(), { name, code, ...options });
    assert.deepEqual(await resultOf(name, { name: "you" }), { hello: "hello you" });
  });
}

test("openwhisk, redis and uuid can be imported without bundling them", async () => {
  const code =
    "exports.main = () => ({ found: ['openwhisk', 'redis', 'uuid'].map((name) => typeof require(name)) })";
  await putAction(brisk(), { name: "carried", code });
  const { found } = await resultOf("carried");
  assert.ok((found as string[]).every((type) => type === "function" || type === "object"));
});

test("several runs share a container where the action allows it", async () => {
  const code = `let running = 0; let most = 0;
    exports.main = async () => {
      most = Math.max(most, ++running);
      while (most < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return { most };
    }`;
  await putAction(brisk(), { name: "shared", code, limits: { concurrency: 3, timeout: 10_000 } });
  const results = await Promise.all([1, 2, 3].map(() => resultOf("shared")));
  assert.deepEqual(results, [{ most: 3 }, { most: 3 }, { most: 3 }]);
});
