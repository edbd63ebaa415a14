// What every runtime does with an action, whatever its language: the cases of OpenWhisk's common test
// suite for runtimes (execution-plane specification, 1.9), on a driver that runs it. A language brings its
// own few lines of code for each.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PATIENCE, SPEC, TestAction, toInit } from "../drivers/driver-fixture.ts";
import type { Answer, ContainerDriver, InitRequest } from "../drivers/port.ts";

/** Actions in the runtime's language, each with the entry point `main` unless it says otherwise. */
export interface RuntimeCode {
  readonly kind: string;
  /** Answers its arguments. */
  readonly echo: string;
  /** The same, with the entry point `niam`. */
  readonly niam: string;
  /** Answers a text rather than an object. */
  readonly text: string;
  /** Writes its argument `delimiter`, a snowman and the delimiter again; answers them as `winter`. */
  readonly unicode: string;
  /** Writes `hello stdout` and `hello stderr`, answers its arguments. */
  readonly streams: string;
  /** Answers the environment of its load as `atLoad` and that of its run as `atRun`. */
  readonly environment: string;
}

const ECHOED = [
  { string: "hello" },
  { string: "❄ ☃ ❄" },
  { numbers: [42, 1] },
  { object: { a: "A" }, empty: "" },
];
/** Of the common suite: the largest argument that must pass. */
const LONGEST_ARGUMENT = 1_048_561;

export function describeRuntime(
  code: RuntimeCode,
  open: () => Promise<AsyncDisposable & { readonly driver: ContainerDriver }>,
): void {
  describe(`the runtime ${code.kind}:`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    before(async () => {
      opened = await open();
    });
    after(() => opened[Symbol.asyncDispose]());
    const create: Create = async (text, changes) => {
      const spec = { ...SPEC, kind: code.kind };
      const action = new TestAction(await opened.driver.create(spec));
      const answer = await action.init(toInit(text, changes));
      return { action, answer };
    };
    describeInit(code, create);
    describeRun(code, create);
  });
}

type Create = (
  text: string,
  changes?: Partial<InitRequest>,
) => Promise<{ readonly action: TestAction; readonly answer: Answer }>;

/** The `error` of an answer with that status. */
export function errorOf(answer: Answer, status: number): string {
  assert.ok(answer.type === "answered", JSON.stringify(answer));
  assert.equal(answer.status, status, answer.body);
  return (JSON.parse(answer.body) as { error: string }).error;
}

function describeInit(code: RuntimeCode, create: Create): void {
  it("refuses to be initialised without code or without an entry point", async () => {
    for (const [text, changes] of [
      ["", {}],
      [code.echo, { main: "" }],
    ] as const) {
      const { action, answer } = await create(text, changes);
      await using _ = action;
      assert.equal(errorOf(answer, 403), "Missing main/no code to execute.");
    }
  });

  it("refuses to be initialised twice, and to run before", async () => {
    const { action } = await create("");
    await using _ = action;
    assert.equal(errorOf(await action.run(), 403), "System not initialized.");
    await action.init(toInit(code.echo));
    const again = await action.init(toInit(code.echo));
    assert.equal(errorOf(again, 403), "Cannot initialize the action more than once.");
    assert.match(action.written.stderr, /^Internal system error: Cannot initialize/);
  });

  it("finds another entry point", async () => {
    const { action } = await create(code.niam, { main: "niam" });
    await using _ = action;
    assert.deepEqual(await action.result({ a: 1 }), { a: 1 });
  });

  it("has the environment at load, empty values included, and the context at each run", async () => {
    const env = { SOME_VAR: "xyz", ANOTHER_VAR: "", __OW_NAMESPACE: "guest" };
    const { action } = await create(code.environment, { env });
    await using _ = action;
    for (const id of ["one", "two"]) {
      const context = { namespace: "guest", activation_id: id, deadline: "1" };
      const { atLoad, atRun } = (await action.result({}, context)) as Record<string, typeof env>;
      assert.partialDeepStrictEqual(atLoad, env);
      assert.partialDeepStrictEqual(atRun, { ...env, __OW_ACTIVATION_ID: id, __OW_DEADLINE: "1" });
      assert.ok(atRun && "__OW_API_HOST" in atRun);
    }
  });
}

function describeRun(code: RuntimeCode, create: Create): void {
  it("echoes arguments, and writes both streams", async () => {
    const { action } = await create(code.streams);
    await using _ = action;
    for (const value of ECHOED) {
      action.written.stdout = action.written.stderr = "";
      assert.deepEqual(await action.result(value), value);
      assert.deepEqual(action.written, { stdout: "hello stdout\n", stderr: "hello stderr\n" });
    }
  });

  it("passes text of all languages in code, arguments, output and result", async () => {
    const { action } = await create(code.unicode);
    await using _ = action;
    assert.deepEqual(await action.result({ delimiter: "❄" }), { winter: "❄ ☃ ❄" });
    assert.equal(action.written.stdout, "❄ ☃ ❄\n");
  });

  it("takes the largest argument", async () => {
    const { action } = await create(code.echo);
    await using _ = action;
    const value = { arg: "a".repeat(LONGEST_ARGUMENT) };
    const answer = await action.ask(
      { value: JSON.stringify(value) as never, context: {} },
      { patience: { ...PATIENCE, bytesMax: 2 * LONGEST_ARGUMENT } },
    );
    assert.equal(answer.type === "answered" && answer.body, JSON.stringify(value));
  });

  it("passes arrays, and refuses what is neither object nor array", async () => {
    const { action } = await create(code.echo);
    await using _ = action;
    assert.deepEqual(await action.result([1, { a: 2 }]), [1, { a: 2 }]);
    assert.match(errorOf(await action.runText("3"), 403), /must be a dictionary but has type/);
    const text = await create(code.text);
    await using __ = text.action;
    assert.equal(errorOf(await text.action.run(), 502), "The action did not return a dictionary.");
  });
}
