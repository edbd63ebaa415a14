// What `openwhisk-composer` makes, deployed with its own client and run: each combinator (web-and-composition
// specification, 5.9), but those that need Redis. Rows are written as one would write them for `compose`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readParts } from "../../api/composed.ts";
import {
  type ActivationRecord,
  annotationOf,
  invoke,
  type Json,
  putAction,
  readActivation,
  useBrisk,
} from "../../api/fixture.ts";
import { type DeployOptions, deploy as deployOn } from "./compositions.ts";

const brisk = useBrisk({
  setUp: async (brisk) => {
    for (const [name, code] of Object.entries({
      inc3: "exports.main = ({ n }) => ({ n: 3 * n + 1 })",
      half: "exports.main = ({ n }) => ({ n: n / 2 })",
      isEven: "exports.main = ({ n }) => ({ value: n % 2 === 0 })",
      isNotOne: "exports.main = ({ n }) => ({ value: n !== 1 })",
    })) {
      await putAction(brisk, { name, code });
    }
  },
});

interface Case {
  readonly id: string;
  readonly composition: string;
  readonly input?: Json;
  readonly result: Json | RegExp;
  readonly status?: 200 | 502;
  /** Ids in the record. */
  readonly logs?: number;
}

const FAILS = { status: 502 } as const;
const WHILE = "composer.while('isNotOne', composer.if('isEven', 'half', 'inc3'))";
const RETRY = "() => x-- > 0 ? { error: 'foo' } : 42";

const CASES: readonly Case[] = [
  {
    id: "seq",
    composition: "composer.seq('inc3', 'half', 'half')",
    input: { n: 5 },
    result: { n: 4 },
    logs: 7,
  },
  {
    id: "if, true",
    composition: "composer.if('isEven', 'half', 'inc3')",
    input: { n: 4 },
    result: { n: 2 },
  },
  {
    id: "if, false",
    composition: "composer.if('isEven', 'half', 'inc3')",
    input: { n: 3 },
    result: { n: 10 },
  },
  {
    id: "if without else",
    composition: "composer.if('isEven', 'half')",
    input: { n: 3 },
    result: { n: 3 },
  },
  {
    id: "if_nosave",
    composition: "composer.if_nosave('isEven', p => { p.then = true }, p => { p.else = true })",
    input: { n: 3 },
    result: { value: false, else: true },
  },
  {
    id: "while",
    composition: "composer.while('isNotOne', ({ n }) => ({ n: n - 1 }))",
    input: { n: 4 },
    result: { n: 1 },
  },
  {
    id: "while_nosave",
    composition:
      "composer.while_nosave(({ n }) => ({ n, value: n !== 1 }), ({ n }) => ({ n: n - 1 }))",
    input: { n: 4 },
    result: { value: false, n: 1 },
  },
  {
    id: "dowhile",
    composition: "composer.dowhile(({ n }) => ({ n: n - 1 }), () => false)",
    input: { n: 1 },
    result: { n: 0 },
  },
  { id: "repeat", composition: "composer.repeat(3, 'half')", input: { n: 8 }, result: { n: 1 } },
  {
    id: "try",
    composition: "composer.try(() => ({ error: 'foo' }), e => ({ message: e.error }))",
    result: { message: "foo" },
  },
  {
    id: "try without error",
    composition: "composer.try(() => true, e => ({ message: e.error }))",
    result: { value: true },
  },
  {
    id: "finally",
    composition: "composer.finally(() => ({ error: 'foo' }), params => ({ params }))",
    result: { params: { error: "foo" } },
  },
  {
    id: "finally swallows",
    composition: "composer.finally(() => ({ error: 'foo' }), () => ({ ok: 1 }))",
    result: { ok: 1 },
  },
  {
    id: "let",
    composition:
      "composer.let({ x: 42 }, composer.let({ x: 69 }, () => x), ({ value }) => value + x)",
    result: { value: 111 },
  },
  {
    id: "mask",
    composition:
      "composer.let({ x: 42 }, composer.let({ x: 69 }, composer.let({ x: -1 }, composer.mask(composer.mask(() => x)))))",
    result: { value: 42 },
  },
  {
    id: "mask around let",
    composition:
      "composer.let({ x: 42 }, composer.let({ x: 69 }, composer.mask(composer.let({ x: -1 }, composer.mask(() => x)))))",
    result: { value: 42 },
  },
  {
    id: "retain",
    composition: "composer.retain('inc3')",
    input: { n: 3 },
    result: { params: { n: 3 }, result: { n: 10 } },
  },
  {
    id: "retain of an error",
    composition: "composer.retain(() => ({ error: 'foo' }))",
    input: { n: 3 },
    result: { error: "foo" },
    ...FAILS,
  },
  {
    id: "retain_catch",
    composition: "composer.retain_catch(() => ({ error: 'foo' }))",
    input: { n: 3 },
    result: { params: { n: 3 }, result: { error: "foo" } },
  },
  {
    id: "merge",
    composition: "composer.merge('inc3')",
    input: { n: 3, p: 4 },
    result: { n: 10, p: 4 },
  },
  {
    id: "retry",
    composition: `composer.let({ x: 2 }, composer.retry(2, ${RETRY}))`,
    result: { value: 42 },
  },
  {
    id: "retry, too rarely",
    composition: `composer.let({ x: 2 }, composer.retry(1, ${RETRY}))`,
    result: { error: "foo" },
    ...FAILS,
  },
  { id: "literal", composition: "composer.literal(42)", result: { value: 42 } },
  { id: "literal object", composition: "composer.literal({ a: 1 })", result: { a: 1 } },
  {
    id: "function",
    composition: "composer.function(p => { p.foo = 'foo' })",
    input: { n: 42 },
    result: { foo: "foo", n: 42 },
  },
  {
    id: "function with an error",
    composition: "composer.function(() => ({ error: 'foo', n: 42 }))",
    result: { error: "foo" },
    ...FAILS,
  },
  {
    id: "function that throws",
    composition: "composer.function(() => n)",
    result: /^Function combinator threw an exception at AST node root/,
    ...FAILS,
  },
  {
    id: "function that returns one",
    composition: "composer.function(() => () => n)",
    result: /^Function combinator evaluated to a function type at AST node root/,
    ...FAILS,
  },
  {
    id: "function with a promise",
    composition: "composer.function(({ n }) => Promise.resolve(n % 2 === 0))",
    input: { n: 4 },
    result: { value: true },
  },
  { id: "empty", composition: "composer.empty()", input: { foo: 1 }, result: { foo: 1 } },
  {
    id: "empty on an error",
    composition: "composer.empty()",
    input: { error: "foo" },
    result: { error: "foo" },
    ...FAILS,
  },
  {
    id: "dynamic",
    composition: "composer.dynamic()",
    input: { type: "action", name: "half", params: { n: 42 } },
    result: { n: 21 },
  },
  {
    id: "dynamic, misused",
    composition: "composer.dynamic()",
    input: { name: "half" },
    result: /^Incorrect use of the dynamic combinator/,
    ...FAILS,
  },
  {
    id: "an error's place",
    composition: "composer.seq('inc3', composer.if('isEven', () => zzz))",
    input: { n: 1 },
    result: /root\[1\]\.consequent/,
    ...FAILS,
  },
  { id: "loop", composition: WHILE, input: { n: 5 }, result: { n: 1 }, logs: 33 },
  {
    id: "loop, too long",
    composition: WHILE,
    input: { n: 27 },
    result: { error: "Too many actions in the composition." },
    ...FAILS,
  },
  {
    id: "a missing action, caught",
    composition: "composer.try('missing', ({ error }) => ({ message: error }))",
    result: { message: "Failed to resolve action with name 'guest/missing' during composition." },
  },
];

for (const { id, composition, input = {}, result, status = 200, logs } of CASES) {
  test(`a composition of ${id}`, async () => {
    await deploy("composed", composition);
    const { status: answered, json, text } = await invoke(brisk(), "composed", { body: input });
    assert.equal(answered, status, text);
    const record = await readActivation(brisk(), (json as ActivationRecord).activationId);
    const found = record.response.result as Json;
    if (result instanceof RegExp) assert.match(String(found["error"]), result);
    else assert.deepEqual(found, result);
    if (logs !== undefined) assert.equal(record.logs.length, logs);
    assert.equal(annotationOf(record, "conductor"), true);
    await readParts(brisk(), record);
  });
}

test("an asynchronous composition is answered at once, and runs by itself", async () => {
  await deploy("asynchronous", "composer.async('isNotOne')");
  const { status, json, text } = await invoke(brisk(), "asynchronous", { body: { n: 1 } });
  assert.equal(status, 200, text);
  const { activationId } = (json as ActivationRecord).response.result as ActivationRecord;
  assert.equal(typeof activationId, "string", text);
  const record = await readActivation(brisk(), activationId);
  assert.deepEqual(record.response.result, { value: false });
});

test("a composition shows its tree, and is replaced only where that is asked for", async () => {
  for (let times = 0; times < 2; times++) await deploy("shown", WHILE);
  await assert.rejects(deploy("shown", WHILE, { overwrite: false }), { statusCode: 409 });
  const path = "/api/v1/namespaces/_/actions/shown?code=false";
  const { json } = await brisk().request("GET", path);
  const action = json as ActivationRecord;
  assert.equal((annotationOf(action, "conductor") as Json)["type"], "while");
  assert.equal(annotationOf(action, "provide-api-key"), true);
  assert.equal(typeof annotationOf(action, "composerVersion"), "string");
  assert.equal(typeof annotationOf(action, "conductorVersion"), "string");
});

test("an exported composition is a web action, and its result is JSON", async () => {
  const annotations = [{ key: "web-export", value: true }];
  await deploy("exported", "composer.seq('inc3', 'half', 'half')", { annotations });
  const path = "/api/v1/web/guest/default/exported.json";
  const headers = { authorization: undefined };
  const { status, json, text } = await brisk().request("POST", path, { headers, body: { n: 5 } });
  assert.equal(status, 200, text);
  assert.deepEqual(json, { n: 4 });
  const failing = "composer.seq('inc3', () => ({ error: { message: 'foo' } }))";
  await deploy("exported", failing, { annotations });
  const failed = await brisk().request("POST", path, { headers, body: { n: 5 } });
  assert.equal(failed.status, 200, failed.text);
  assert.deepEqual(failed.json, { message: "foo" });
});

function deploy(name: string, source: string, options?: DeployOptions): Promise<void> {
  return deployOn(brisk(), { name, source }, options);
}
