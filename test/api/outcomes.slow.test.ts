// How an invocation can end: what the caller is answered, and what the record says of it, for every way
// in which an action can return, fail or misbehave (rest-api specification, 5.3; execution plane, 2).

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../harness.ts";
import {
  type ActionOptions,
  type ActivationRecord,
  annotationOf,
  invoke,
  type Json,
  putAction,
  readActivation,
  useBrisk,
} from "./fixture.ts";

const MB = 1024 * 1024;
const SUCCESS = "success";
const APPLICATION = "application error";
const DEVELOPER = "action developer error";

const brisk = useBrisk();

interface Outcome {
  readonly name: string;
  readonly code: string;
  readonly options?: ActionOptions;
  readonly body?: unknown;
  readonly status: 200 | 502;
  readonly says: typeof SUCCESS | typeof APPLICATION | typeof DEVELOPER;
  /** The whole result, or what the text of its error must match. */
  readonly result: unknown;
}

function main(body: string): string {
  return `exports.main = async (given) => { ${body} }`;
}

const OUTCOMES: readonly Outcome[] = [
  {
    name: "an object is a success",
    code: main("return { a: [1, null, 'ü'] }"),
    status: 200,
    says: SUCCESS,
    result: { a: [1, null, "ü"] },
  },
  {
    name: "nothing is an empty object",
    code: main(""),
    status: 200,
    says: SUCCESS,
    result: {},
  },
  {
    name: "an object with the key error is an application error, of which only that is kept",
    code: main("return { error: { code: 5 }, more: 1 }"),
    status: 502,
    says: APPLICATION,
    result: { error: { code: 5 } },
  },
  {
    name: "the key error makes an error whatever its value",
    code: main("return { error: null }"),
    status: 502,
    says: APPLICATION,
    result: { error: null },
  },
  {
    name: "a rejection is an application error",
    code: main("return Promise.reject({ code: 7 })"),
    status: 502,
    says: APPLICATION,
    result: { error: { code: 7 } },
  },
  {
    name: "what is thrown before the action waits is a developer error",
    code: "exports.main = () => { throw new Error('oops') }",
    status: 502,
    says: DEVELOPER,
    result: { error: "An error has occurred: Error: oops" },
  },
  ...["'text'", "7", "true"].map((value) => ({
    name: `the result ${value} is a developer error`,
    code: main(`return ${value}`),
    status: 502 as const,
    says: DEVELOPER as typeof DEVELOPER,
    result: { error: "The action did not return a dictionary." },
  })),
  {
    name: "the result null is a developer error",
    code: main("return null"),
    status: 502,
    says: DEVELOPER,
    result: { error: "The action did not produce a valid JSON or JSON Array response: null" },
  },
  {
    name: "an exit during a run is a developer error",
    code: main("process.exit(0)"),
    status: 502,
    says: DEVELOPER,
    result: { error: "The action did not produce a valid response and exited unexpectedly." },
  },
  {
    name: "an exit during initialisation is a developer error",
    code: "process.exit(3)",
    status: 502,
    says: DEVELOPER,
    result: { error: "The action did not initialize and exited unexpectedly." },
  },
  {
    name: "an error that nobody catches is a developer error",
    code: main("setTimeout(() => { throw new Error('late') }); return new Promise(() => {})"),
    status: 502,
    says: DEVELOPER,
    result: { error: "The action did not produce a valid response and exited unexpectedly." },
  },
  {
    name: "a rejection that nobody handles is a developer error",
    code: main("Promise.reject(new Error('unheard')); return new Promise(() => {})"),
    status: 502,
    says: DEVELOPER,
    result: { error: "The action did not produce a valid response and exited unexpectedly." },
  },
  {
    name: "code that does not parse is a developer error that names file, line and column",
    code: "exports.main = () => {\n  return {;\n}",
    status: 502,
    says: DEVELOPER,
    result: /^Initialization has failed due to: SyntaxError: .*\.js:2:11: /,
  },
  {
    name: "TypeScript that does not parse is a developer error that names file, line and column",
    code: "type A = string;\nconst a: = 3;\nfunction main() {}",
    status: 502,
    says: DEVELOPER,
    result: /^Initialization has failed due to: SyntaxError: .*\.ts:2:10: /,
  },
  {
    name: "an entry point that is missing is a developer error that names it",
    code: main("return {}"),
    options: { main: "elsewhere" },
    status: 502,
    says: DEVELOPER,
    result: /'elsewhere' is not a function/,
  },
  {
    name: "an archive that is none is a developer error",
    code: "abcdefgh",
    status: 502,
    says: DEVELOPER,
    result: /^Initialization has failed due to: /,
  },
  {
    name: "empty code is a developer error",
    code: "",
    status: 502,
    says: DEVELOPER,
    result: { error: "Missing main/no code to execute." },
  },
  {
    name: "a result of exactly 1 MB is a success",
    code: main(`return { a: 'x'.repeat(${MB - '{"a":""}'.length}) }`),
    status: 200,
    says: SUCCESS,
    result: { a: "x".repeat(MB - '{"a":""}'.length) },
  },
  {
    name: "a result over 1 MB is an application error with both lengths and the beginning",
    code: main(`return { a: 'x'.repeat(${MB}) }`),
    status: 502,
    says: APPLICATION,
    result: new RegExp(
      `^The action produced a response that exceeded the allowed length: ${MB + 8} > ${MB} bytes\\. The truncated response was: \\{"a":"x{${MB - 1000},${MB}}$`,
    ),
  },
  {
    name: "a document of 900 KB comes back as it went",
    code: main("return given"),
    body: { a: "é".repeat(450 * 1024) },
    status: 200,
    says: SUCCESS,
    result: { a: "é".repeat(450 * 1024) },
  },
  {
    name: "a result that cannot be written as JSON is a developer error",
    code: main("const a = {}; a.a = a; return a"),
    status: 502,
    says: DEVELOPER,
    result: /^The action returned a result that cannot be written as JSON: /,
  },
  {
    name: "an error nested too deeply is an error, and no fault of the platform",
    code: main("let a = []; for (let n = 0; n < 3000; n++) a = [a]; return { error: a }"),
    status: 502,
    says: DEVELOPER,
    result: /^The action did not produce a valid JSON or JSON Array response: /,
  },
  {
    name: "memory beyond the limit is a developer error",
    code: main("const a = []; for (;;) a.push(Buffer.alloc(16e6, 1))"),
    options: { limits: { memory: 128 } },
    status: 502,
    says: DEVELOPER,
    result: { error: "The action exhausted its memory and was aborted." },
  },
];

for (const [index, row] of OUTCOMES.entries()) {
  test(row.name, async () => {
    const name = `outcome-${index}`;
    await putAction(brisk(), { name, code: row.code, ...row.options });
    const body = row.body === undefined ? {} : { body: row.body };
    const answer = await invoke(brisk(), name, body);
    const record = await checkOutcome(answer, row);
    assert.equal(annotationOf(record, "timeout"), false);
  });
}

/** Longer than a start takes on a busy machine. */
const TIMEOUT_MS = 600;
const TIMEOUTS = [
  ["an endless loop", main("for (;;);"), "milliseconds."],
  ["a promise that never settles", main("return new Promise(() => {})"), "milliseconds."],
  ["an endless loop at load", "for (;;);", "milliseconds during initialization."],
] as const;
for (const [what, code, end] of TIMEOUTS) {
  test(`${what} ends at the time limit, and is marked so`, async () => {
    const name = what.replaceAll(" ", "-");
    await putAction(brisk(), { name, code, limits: { timeout: TIMEOUT_MS } });
    const answer = await invoke(brisk(), name);
    const result = { error: `The action exceeded its time limits of ${TIMEOUT_MS} ${end}` };
    const record = await checkOutcome(answer, { status: 502, says: DEVELOPER, result });
    assert.equal(annotationOf(record, "timeout"), true);
    assert.ok(record.duration >= TIMEOUT_MS, `${record.duration}`);
  });
}

/** Answer and stored record are the same but for the log. */
async function checkOutcome(
  answer: Answer,
  { status, says, result }: Pick<Outcome, "status" | "says" | "result">,
): Promise<ActivationRecord> {
  assert.equal(answer.status, status, answer.text.slice(0, 1000));
  const record = answer.json as ActivationRecord;
  const { response } = record;
  assert.deepEqual([response.status, response.success], [says, status === 200]);
  if (result instanceof RegExp) assert.match(toErrorText(response.result), result);
  else assert.deepEqual(response.result, result);
  assert.equal((answer.json as Json)["code"], undefined);
  assert.equal(answer.headers["x-openwhisk-activation-id"], record.activationId);
  const stored = await readActivation(brisk(), record.activationId);
  assert.deepEqual({ ...stored, logs: [] }, record);
  const last = stored.logs.at(-1) ?? "";
  const warning = / stderr: The action did not initialize or run as expected\./;
  if (says === DEVELOPER) assert.match(last, warning);
  else assert.doesNotMatch(last, warning);
  return stored;
}

function toErrorText(result: unknown): string {
  const { error } = result as Json;
  return typeof error === "string" ? error : JSON.stringify(error);
}

test("an array is answered bare, whatever was asked for, and stored as it is", async () => {
  await putAction(brisk(), { name: "array", code: main("return [1, { a: 2 }]") });
  for (const query of ["blocking=true", "blocking=true&result=true"]) {
    const { status, json, headers } = await invoke(brisk(), "array", { query });
    assert.equal(status, 200);
    assert.deepEqual(json, [1, { a: 2 }]);
    const stored = await readActivation(brisk(), headers["x-openwhisk-activation-id"]);
    assert.deepEqual(stored.response.result, [1, { a: 2 }]);
  }
});

test("result=true answers the bare result, of an error too", async () => {
  const query = "blocking=true&result=true";
  await putAction(brisk(), {
    name: "bare",
    code: main("return { error: given.fail || undefined }"),
  });
  const code = main("return given.fail ? { error: given.fail } : { fine: true }");
  await putAction(brisk(), { name: "bare", code });
  const fine = await invoke(brisk(), "bare", { query });
  assert.deepEqual([fine.status, fine.json], [200, { fine: true }]);
  const failed = await invoke(brisk(), "bare", { query, body: { fail: "so" } });
  assert.deepEqual([failed.status, failed.json], [502, { error: "so" }]);
});

test("a container that failed is not used again, one that answered an error is", async () => {
  const code = `let count = 0; exports.main = ({ how }) => {
    if (how === "throw") throw new Error("x");
    return how === "error" ? { error: "x" } : { count: ++count };
  }`;
  await putAction(brisk(), { name: "again", code });
  const run = async (how: string) => {
    const { json } = await invoke(brisk(), "again", { body: { how } });
    const record = json as ActivationRecord;
    return [(record.response.result as Json)["count"], annotationOf(record, "initTime")];
  };
  assert.equal(typeof (await run("count"))[1], "number", "the first start is cold");
  assert.deepEqual(await run("count"), [2, undefined]);
  await run("error");
  assert.deepEqual(await run("count"), [3, undefined]);
  await run("throw");
  const [count, initTime] = await run("count");
  assert.equal(count, 1);
  assert.equal(typeof initTime, "number", "after a developer error the start is cold");
});

test("output has its time and stream, and what comes without a line's end is a line too", async () => {
  const code = main(
    "console.log('one\\ntwo'); console.error('three'); process.stdout.write('four')",
  );
  await putAction(brisk(), { name: "output", code });
  const { json } = await invoke(brisk(), "output");
  const { activationId, logs } = json as ActivationRecord;
  assert.deepEqual(logs, [], "the answer has no log");
  const stored = await readActivation(brisk(), activationId);
  const lines = stored.logs.map((line) => {
    assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr): /);
    return line.slice(31);
  });
  assert.deepEqual(lines.toSorted(), [
    "stderr: three",
    "stdout: four",
    "stdout: one",
    "stdout: two",
  ]);
});

test("output after the end of an activation does no harm to it, nor to the next one", async () => {
  const code = `exports.main = ({ id }) => {
    setImmediate(() => console.log("late", id));
    console.log("at once", id);
    return { id };
  }`;
  await putAction(brisk(), { name: "late", code });
  for (const id of [1, 2, 3]) {
    const { activationId, response } = (await invoke(brisk(), "late", { body: { id } }))
      .json as ActivationRecord;
    assert.deepEqual(response.result, { id });
    const { logs } = await readActivation(brisk(), activationId);
    assert.ok(
      logs.some((line) => line.endsWith(` stdout: at once ${id}`)),
      logs.join("\n"),
    );
  }
});

test("more output than the limit is cut, and the last line says so", async () => {
  const code = main("for (let n = 0; n < 1200; n++) console.log('x'.repeat(1023)); return {}");
  await putAction(brisk(), { name: "loud", code, limits: { logs: 1 } });
  const { json, status } = await invoke(brisk(), "loud");
  assert.equal(status, 200);
  const { logs } = await readActivation(brisk(), (json as ActivationRecord).activationId);
  assert.match(
    logs.at(-1) ?? "",
    / stderr: Logs were truncated because the total bytes size exceeds the limit of 1048576 bytes\.$/,
  );
});

test("an action whose log limit is 0 has no log", async () => {
  const code = main("console.log('unheard'); return {}");
  await putAction(brisk(), { name: "silent", code, limits: { logs: 0 } });
  const { json } = await invoke(brisk(), "silent");
  const { logs } = await readActivation(brisk(), (json as ActivationRecord).activationId);
  assert.deepEqual(logs, []);
});
