// The nodejs launcher: the forms that code comes in, and what becomes of results and errors. Run by the
// process driver, because what is tested is the launcher.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openTestData, SPEC, TestAction, toInit } from "../drivers/driver-fixture.ts";
import type { Answer, ContainerDriver, InitRequest } from "../drivers/port.ts";
import { openProcessDriver } from "../drivers/process.ts";
import { describeRuntime, errorOf } from "./runtime.contract.ts";

async function open() {
  const data = openTestData();
  const options = { launches: data.launches, apiHost: () => "http://127.0.0.1:1" };
  const driver = await openProcessDriver({ ...options, directory: join(data.path, "process") });
  return {
    driver,
    [Symbol.asyncDispose]: async () => {
      await driver[Symbol.asyncDispose]();
      data[Symbol.dispose]();
    },
  };
}

describeRuntime(
  {
    kind: "nodejs:24",
    echo: "function main(args) { return args }",
    niam: "const niam = async (args) => args",
    text: "exports.main = () => 'text'",
    unicode:
      "function main({ delimiter }) { const winter = delimiter + ' ☃ ' + delimiter; console.log(winter); return { winter } }",
    streams:
      "function main(args) { console.log('hello stdout'); console.error('hello stderr'); return args }",
    environment:
      "const atLoad = { ...process.env }; function main() { return { atLoad, atRun: { ...process.env } } }",
  },
  open,
);

let driver: ContainerDriver;

async function init(code: string, changes: Partial<InitRequest> = {}) {
  const action = new TestAction(await driver.create(SPEC));
  const answer = await action.init(toInit(code, changes));
  return { action, answer };
}

/** What a run answers, in a container of its own. */
async function runOnce(code: string, changes: Partial<InitRequest> = {}): Promise<Answer> {
  const { action, answer } = await init(code, changes);
  await using _ = action;
  if (answer.type !== "answered" || answer.status !== 200) return answer;
  return await action.run({ name: "you" });
}

async function resultOf(code: string, changes: Partial<InitRequest> = {}): Promise<unknown> {
  const answer = await runOnce(code, changes);
  assert.ok(answer.type === "answered" && answer.status === 200, JSON.stringify(answer));
  return JSON.parse(answer.body);
}

describe("the nodejs launcher", () => {
  let opened: Awaited<ReturnType<typeof open>>;
  before(async () => {
    opened = await open();
    driver = opened.driver;
  });
  after(() => opened[Symbol.asyncDispose]());
  describeForms();
  describeErrors();
  describeResults();
});

function describeForms(): void {
  const FORMS: Readonly<Record<string, readonly [string, Partial<InitRequest>?]>> = {
    "a function": ["function main() { return { ok: 1 } }"],
    "an arrow function": ["const main = () => ({ ok: 1 })"],
    "a name assigned without a declaration": ["main = () => ({ ok: 1 })"],
    "a global": ["global.main = () => ({ ok: 1 })"],
    exports: ["exports.main = () => ({ ok: 1 })"],
    "module.exports": ["module.exports = { f: () => ({ ok: 1 }) }", { main: "f" }],
    "a path": ["const lib = { a: { n: 1, b() { return { ok: this.n } } } }", { main: "lib.a.b" }],
    "a reserved name in exports": ["exports.default = () => ({ ok: 1 })", { main: "default" }],
    "a text that ends in a comment": ["function main() { return { ok: 1 } } // end"],
    "strict text": ["'use strict'; const main = async () => ({ ok: 1 })"],
    "required modules": [
      "const { ok } = require('assert'); const main = () => ({ ok: ok ? 1 : 0 })",
    ],
    "a call for the garbage collector": ["function main() { global.gc(); return { ok: 1 } }"],
    "a dynamic import": [
      "const main = async () => ({ ok: (await import('uuid')).v4().length / 36 })",
    ],
    "an ES module": ["import fs from 'fs'; export function main() { return { ok: fs ? 1 : 0 } }"],
    "a module's default": ["export default async () => ({ ok: 1 })"],
    "a default object": ["export default { main: () => ({ ok: 1 }) }"],
    "a top-level await": [
      "const ok = await Promise.resolve(1); export const main = () => ({ ok })",
    ],
    TypeScript: [
      "interface A { n: number }\nfunction main(a: A): { ok: number } { return { ok: 1 as number } }",
    ],
    "a TypeScript module": [
      "import type { A } from 'none'; export const main = (a: A) => ({ ok: 1 })",
    ],
    "TypeScript with code of its own": [
      "enum A { B = 1 }\nconst main = (): object => ({ ok: A.B })",
    ],
  };
  for (const [form, [code, changes]] of Object.entries(FORMS)) {
    it(`takes ${form}`, async () => assert.deepEqual(await resultOf(code, changes), { ok: 1 }));
  }
}

function describeErrors(): void {
  const PREFIX = "Initialization has failed due to: ";
  const FAILURES: Readonly<Record<string, readonly [string, RegExp]>> = {
    "JavaScript that does not parse": [
      "function main() {\n  return {;\n}",
      /SyntaxError: hello\.js:2:11: /,
    ],
    "TypeScript that does not parse": [
      "type A = string;\n\nconst a: = 3;\nfunction main() {}",
      /SyntaxError: hello\.ts:3:10: /,
    ],
    "a TypeScript module that does not parse": [
      "import type { A } from 'none';\nexport const main = (a: A) => {{ };",
      /SyntaxError: hello\.ts:2:/,
    ],
    "an error at load": ["throw new Error('early')", /Error: early\n\s+at .*hello\.js:1/],
    "a syntax error that the text meets": [
      "JSON.parse('{'); function main() {}",
      /SyntaxError: .*JSON/,
    ],
    "an error in a module": ["export const a = 1; throw new Error('early')", /Error: early/],
    "a module that is missing": ["require('nowhere')", /Cannot find module 'nowhere'/],
    "an import that is missing": [
      "import { nope } from 'fs'",
      /does not provide an export named 'nope'/,
    ],
    "an entry point that is missing": ["const other = 1", /entrypoint 'main' is not a function/],
    "an entry point that is no function": ["const main = 1", /entrypoint 'main' is not a function/],
  };
  for (const [name, [code, expected]] of Object.entries(FAILURES)) {
    it(`says in answer and log what is wrong with ${name}`, async () => {
      const { action, answer } = await init(code);
      await using _ = action;
      const error = errorOf(answer, 502);
      assert.ok(error.startsWith(PREFIX), error);
      assert.match(error, expected);
      assert.match(action.written.stderr, expected);
      assert.equal(errorOf(await action.run(), 403), "System not ready, status is stopped.");
    });
  }

  it("answers 502 to what is thrown, and runs no more", async () => {
    const { action } = await init("function main() { throw new Error('oops') }");
    await using _ = action;
    assert.equal(errorOf(await action.run(), 502), "An error has occurred: Error: oops");
    assert.match(action.written.stderr, /Error: oops\n\s+at main/);
    assert.equal(errorOf(await action.run(), 403), "System not ready, status is stopped.");
  });

  it("runs one after the other unless it was asked for more", async () => {
    const { action } = await init(`let running = 0;
      const main = () => {
        running += 1;
        return new Promise((resolve) => setImmediate(() => resolve({ running: running-- })));
      }`);
    await using _ = action;
    const results = await Promise.all([action.result(), action.result(), action.result()]);
    assert.deepEqual(results, [{ running: 1 }, { running: 1 }, { running: 1 }]);
  });
}

function describeResults(): void {
  const RESULTS: Readonly<Record<string, readonly [string, unknown]>> = {
    "nothing as an empty object": ["", {}],
    "null as it is": ["return null", null],
    "a promise's value": ["return Promise.resolve({ a: 1 })", { a: 1 }],
    "an error value": ["return { error: 'mine' }", { error: "mine" }],
    "a rejected value as an error": ["return Promise.reject({ code: 7 })", { error: { code: 7 } }],
    "a rejected text as an error": ["return Promise.reject('no')", { error: "no" }],
    "a rejection of nothing as an empty error": ["return Promise.reject()", { error: {} }],
  };
  for (const [name, [body, expected]] of Object.entries(RESULTS)) {
    it(`answers ${name}`, async () =>
      assert.deepEqual(await resultOf(`function main() { ${body} }`), expected));
  }

  it("answers a rejected Error with its name, message and stack", async () => {
    const { error } = (await resultOf(
      "async function main() { throw Object.assign(new TypeError('bad'), { code: 'E' }) }",
    )) as { error: Record<string, string> };
    assert.partialDeepStrictEqual(error, { name: "TypeError", message: "bad", code: "E" });
    assert.match(error["stack"] ?? "", /at main/);
  });

  it("says so when a result cannot be written as JSON", async () => {
    const cannot = /^The action returned a result that cannot be written as JSON: /;
    for (const body of ["const a = {}; a.a = a; return a", "return { n: 1n }"]) {
      assert.match(errorOf(await runOnce(`function main() { ${body} }`), 502), cannot);
    }
  });

  it("works on when the action breaks what is built in", async () => {
    const { action } = await init(`function main() {
      JSON.parse = JSON.stringify = process.kill = console.log = () => { throw new Error("broken") };
      return { ok: 1 };
    }`);
    await using _ = action;
    for (let n = 0; n < 3; n += 1) assert.deepEqual(await action.result(), { ok: 1 });
  });
}
