// Bad invocations, one row each: queries, payloads, rights, throttles, and which of two faults is named
// (rest-api specification, 1.5, 5.1, 5.2, 9.3, 13). Plain ones: ../invoke.test.ts, ../transport.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIONS, checkError, type Json, OWN, putAction, testRows, useBrisk } from "../fixture.ts";
import { createTenant } from "../tenants.ts";
import { malformedRows } from "./malformed.ts";

const MB = 1024 * 1024;
const MISSING = "The requested resource does not exist.";
const NO_ROUTE = "The requested resource could not be found.";
const ILLEGAL = /contains illegal characters: use letters, digits/;
const FOREIGN = "/api/v1/namespaces/neighbour/actions";
const LABEL = { "content-type": "application/json" };

const brisk = useBrisk({
  setUp: async (up) => {
    await createTenant(up, "neighbour");
    await putAction(up, { name: "echo", code: "exports.main = (given) => given" });
    await putAction(up, {
      name: "final",
      code: "exports.main = (given) => given",
      parameters: [
        { key: "fixed", value: 1 },
        { key: "open", value: null },
      ],
      annotations: [{ key: "final", value: true }],
    });
  },
});

// Bodies are looked at before the action is: what is missing is as good.
testRows(brisk, malformedRows({ method: "POST", path: `${ACTIONS}/missing` }));
testRows(brisk, malformedRows({ method: "POST", path: `${ACTIONS}/echo` }));
testRows(brisk, malformedRows({ method: "POST", path: `${ACTIONS}/missing/echo` }));

testRows(brisk, [
  ...["1e3", "0x10", "+5", " 5", "5 ", "9".repeat(30), "1,000", "null", "١"].map((timeout) => ({
    name: `timeout=${timeout} is no whole number`,
    method: "POST",
    path: `${ACTIONS}/echo?timeout=${encodeURIComponent(timeout)}`,
    status: 400,
    error: `The query parameter 'timeout' was malformed:\nTimeout must be number of milliseconds up to 60000.`,
  })),
  ...["blocking", "result"].flatMap((name) =>
    ["maybe", "2", "null", "true,false", "t"].map((value) => ({
      name: `${name}=${value} is no truth value`,
      method: "POST",
      path: `${ACTIONS}/echo?${name}=${value}`,
      status: 400,
      error: `The query parameter '${name}' was malformed:\n'${value}' is not a valid Boolean value`,
    })),
  ),
  {
    name: "the size is looked at before the label",
    method: "POST",
    path: `${ACTIONS}/echo`,
    body: "x".repeat(MB + 1),
    headers: { "content-type": "text/plain" },
    status: 413,
    error: `Request larger than allowed: ${MB + 1} > ${MB} bytes.`,
  },
  {
    name: "the size is looked at before the query",
    method: "POST",
    path: `${ACTIONS}/echo?timeout=0`,
    body: "x".repeat(MB + 1),
    headers: LABEL,
    status: 413,
    error: `Request larger than allowed: ${MB + 1} > ${MB} bytes.`,
  },
  {
    name: "the query is looked at before the text",
    method: "POST",
    path: `${ACTIONS}/echo?timeout=0`,
    body: "no JSON",
    headers: LABEL,
    status: 400,
    error: /^The query parameter 'timeout' was malformed/,
  },
  {
    name: "a missing action is looked for last",
    method: "POST",
    path: `${ACTIONS}/missing?blocking=true&timeout=60000`,
    body: {},
    status: 404,
    error: MISSING,
  },
  {
    name: "an action in a missing package is missing",
    method: "POST",
    path: `${ACTIONS}/missing/missing?blocking=true`,
    body: {},
    status: 404,
    error: MISSING,
  },
  {
    name: "a list is not invoked",
    method: "POST",
    path: `${ACTIONS}/echo/`,
    body: {},
    status: 404,
    error: NO_ROUTE,
  },
  {
    name: "a final parameter is refused",
    method: "POST",
    path: `${ACTIONS}/final?blocking=true`,
    body: { open: 1, fixed: 1 },
    status: 400,
    error: /^Request defines parameters that are not allowed/,
  },
  {
    name: "a final parameter is refused also where nobody waits",
    method: "POST",
    path: `${ACTIONS}/final`,
    body: { fixed: null },
    status: 400,
    error: /^Request defines parameters that are not allowed/,
  },
  {
    name: "a neighbour's action is refused before its payload is read",
    method: "POST",
    path: `${FOREIGN}/quick`,
    body: "x".repeat(MB + 1),
    headers: { "content-type": "text/plain" },
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour/quick'.",
  },
  {
    name: "odd names in a payload are names",
    method: "POST",
    path: `${ACTIONS}/echo?blocking=true&result=true`,
    body: '{"__proto__":{"a":1},"constructor":2,"":3,"\\u0000":4,"a":1,"a":2}',
    headers: LABEL,
    status: 200,
    text: '{"__proto__":{"a":1},"constructor":2,"":3,"\\u0000":4,"a":2}',
  },
]);

test("who may not invoke at all hears of the name first, then of that, then of rights and payload", async () => {
  const { request, actions, limit } = await createTenant(brisk(), "throttled");
  await limit({ invocationsPerMinute: 0 });
  const named = await request("POST", `${actions}/a$`);
  assert.equal(named.status, 400);
  checkError(named, ILLEGAL);
  const own = ["missing", "missing/a", "quick?timeout=0"].map((each) => `${actions}/${each}`);
  for (const path of [`${FOREIGN}/quick`, `${FOREIGN}/p/a`, ...own]) {
    const answer = await request("POST", path, "no object");
    assert.equal(answer.status, 429, path);
    checkError(answer, /^Too many requests in the last minute \(count: \d+, allowed: 0\)\.$/);
    assert.equal(answer.headers["retry-after"], undefined);
    assert.equal(answer.headers["x-openwhisk-activation-id"], undefined);
  }
});

test("nothing that was refused has left an activation", async () => {
  const { json } = await brisk().request("GET", `${OWN}/activations`);
  const names = (json as readonly Json[]).map(({ name }) => name);
  assert.deepEqual(new Set(names), new Set(["echo"]));
  assert.equal(names.length, 1);
});
