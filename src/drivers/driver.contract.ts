// What every container driver promises, whatever it is made of. An adapter's test names the promises that
// it does not keep, with the reason.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import {
  findProcesses,
  PATIENCE,
  SPEC,
  startAction,
  TestAction,
  toInit,
  waitFor,
} from "./driver-fixture.ts";
import type { ContainerDriver } from "./port.ts";

export interface OpenedDriver extends AsyncDisposable {
  readonly driver: ContainerDriver;
  /** Lets the platform's API, as containers reach it, be served by the given server. */
  serveApi(server: ReturnType<typeof createServer>): Promise<void>;
}

/** A promise that a driver may not keep, and why it does not. */
export interface Deviations {
  readonly memoryOutsideHeap?: string;
}

export function describeDriver(
  name: string,
  open: () => Promise<OpenedDriver>,
  deviations: Deviations = {},
): void {
  describe(`the ${name} driver keeps the contract of drivers:`, () => {
    let opened: OpenedDriver;
    before(async () => {
      opened = await open();
    });
    after(() => opened[Symbol.asyncDispose]());
    const start: Start = (code, spec) => startAction(opened.driver, code, spec);
    const create = async () => new TestAction(await opened.driver.create(SPEC));
    describeAnswers(start, create);
    describeOutput(start);
    describeEnds(start, create, deviations);
    describeBreaches(start);
    describeRemoval(start);
    describeOutside(start, () => opened);
  });
}

type Start = (code: string, spec?: Partial<typeof SPEC>) => Promise<TestAction>;
type Create = () => Promise<TestAction>;

function describeAnswers(start: Start, create: Create): void {
  it("runs an action with its arguments and its environment", async () => {
    await using action = await create();
    const code =
      "const atLoad = process.env.GREETING + process.env.EMPTY; const main = ({ name }) => " +
      "({ said: atLoad + name, id: process.env.__OW_ACTIVATION_ID, cwd: process.cwd() })";
    const init = toInit(code, { env: { GREETING: "Grüße, ", EMPTY: "" } });
    assert.deepEqual(await action.init(init), {
      type: "answered",
      status: 200,
      body: '{"OK":true}',
      bytes: 11,
    });
    const result = await action.result({ name: "Zoë 🎈" }, { activation_id: "abc" });
    assert.equal(result["said"], "Grüße, Zoë 🎈");
    assert.equal(result["id"], "abc");
  });

  it("passes arguments and results of a megabyte unchanged", async () => {
    await using action = await start("const main = (args) => args");
    const text = `{ "text":\t"${"é".repeat(500_000)}" }`;
    const answer = await action.runText(text);
    assert.equal(answer.type, "answered");
    assert.deepEqual(answer.type === "answered" && JSON.parse(answer.body), JSON.parse(text));
  });

  it("cuts a result that is too long, and says how long it was", async () => {
    await using action = await start("const main = () => ({ a: 'é'.repeat(1_000_000) })");
    const request = { value: "{}" as never, context: {} };
    const answer = await action.ask(request, { patience: { timeoutMs: 10_000, bytesMax: 1000 } });
    assert.deepEqual(answer, {
      type: "answered",
      status: 200,
      // 6 bytes, and of 994 bytes left half: the cut may not split the last one.
      body: `{"a":"${"é".repeat(497)}`,
      bytes: 2_000_008,
    });
    assert.deepEqual(await start("const main = () => ({})").then(resultAndDestroy), {});
  });

  it("answers runs that are open at the same time in the order in which they end", async () => {
    await using action = await start(
      "const main = ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, { ms }))",
      { concurrency: 3 },
    );
    const ended: unknown[] = [];
    const runs = [60, 30, 1].map(async (ms) => ended.push((await action.result({ ms }))["ms"]));
    await Promise.all(runs);
    assert.deepEqual(ended, [1, 30, 60]);
  });
}

async function resultAndDestroy(action: TestAction): Promise<unknown> {
  const result = await action.result();
  await action.container.destroy();
  return result;
}

function describeOutput(start: Start): void {
  it("has passed on all output that was written before the answer", async () => {
    await using action = await start(`
      const { spawnSync } = require("node:child_process");
      function main({ n }) {
        console.log("o".repeat(300_000) + n);
        console.error("e".repeat(70_000) + n);
        spawnSync("/bin/sh", ["-c", "echo from a child; echo its error >&2"], { stdio: "inherit" });
        return { n };
      }`);
    for (let n = 0; n < 5; n += 1) {
      await action.result({ n });
      assert.equal(action.written.stdout, `${"o".repeat(300_000)}${n}\nfrom a child\n`);
      assert.equal(action.written.stderr, `${"e".repeat(70_000)}${n}\nits error\n`);
      action.written.stdout = action.written.stderr = "";
    }
  });

  it("misses no line in many short runs", async () => {
    await using action = await start(
      "const main = ({ n }) => { console.log('line', n); return {}; }",
    );
    for (let n = 0; n < 300; n += 1) {
      action.written.stdout = "";
      await action.result({ n });
      assert.equal(action.written.stdout, `line ${n}\n`);
    }
  });

  it("throws output away while nobody listens", async () => {
    await using action = await start("const main = () => { console.log('line'); return {}; }");
    await action.container.run({ value: "{}" as never, context: {} }, PATIENCE);
    assert.equal(action.written.stdout, "");
  });

  it("serves others while a container never stops writing", async () => {
    await using loud = await start(
      "const main = () => { for (;;) process.stdout.write('x'.repeat(65536)); }",
    );
    await using other = await start("const main = () => ({})");
    const endless = loud.run({}, { timeoutMs: 300 });
    for (let n = 0; n < 20; n += 1) await other.result();
    assert.deepEqual(await endless, { type: "timed-out" });
    const bytes = loud.written.stdout.length;
    assert.ok(bytes > 0 && bytes < 200_000_000, `${bytes} bytes were read`);
  });
}

function describeEnds(start: Start, create: Create, deviations: Deviations): void {
  it("gives up an endless run when its time is over, and can still destroy it", async () => {
    await using action = await start("const main = () => { console.log('started'); for (;;); }");
    assert.deepEqual(await action.run({}, { timeoutMs: 100 }), { type: "timed-out" });
    assert.equal(action.written.stdout, "started\n");
  });

  it("tells when the process exits instead of answering", async () => {
    await using action = await start(
      "const main = () => { console.log('last words'); process.exit(3); }",
    );
    assert.deepEqual(await action.run(), { type: "ended", reason: "exited" });
    assert.equal(action.written.stdout, "last words\n");
    await action.container.ended;
    const request = { value: "{}" as never, context: {} };
    assert.deepEqual(await action.container.run(request, PATIENCE), {
      type: "not-begun",
      goesOn: false,
    });
  });

  it("tells when the process exits during init", async () => {
    await using action = await create();
    const answer = await action.init(toInit("process.exit(0)"));
    assert.deepEqual(answer, { type: "ended", reason: "exited" });
  });

  it("ends with an error that nothing in the action catches", async () => {
    await using action = await start(
      "const main = () => new Promise(() => setTimeout(() => { throw new Error('loose'); }, 1))",
    );
    assert.deepEqual(await action.run(), { type: "ended", reason: "exited" });
    assert.match(action.written.stderr, /Error: loose/);
  });

  it("tells that a heap has grown beyond the container's memory", async () => {
    await using action = await start(
      "const main = () => { const all = []; for (;;) all.push(new Array(1000).fill(all.length)); }",
    );
    assert.deepEqual(await action.run(), { type: "ended", reason: "out-of-memory" });
  });

  if (deviations.memoryOutsideHeap !== undefined) return;
  it("tells that buffers have grown beyond the container's memory", async () => {
    await using action = await start(
      "const main = () => { const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1)); }",
    );
    assert.deepEqual(await action.run(), { type: "ended", reason: "out-of-memory" });
  });
}

function describeBreaches(start: Start): void {
  it("ends a container whose code writes what is no answer", async () => {
    for (const text of ["garbage\\n", "77 200 {}\\n", "x".repeat(100), "1 20x {}\\n"]) {
      await using action = await start(
        `const main = () => { require("node:fs").writeSync(3, "${text}"); return new Promise(() => {}); }`,
      );
      assert.deepEqual(await action.run(), { type: "ended", reason: "exited" }, text);
    }
  });

  it("ends a container whose code closes the connection", async () => {
    await using action = await start("const main = () => { require('node:fs').closeSync(3); }");
    assert.deepEqual(await action.run(), { type: "ended", reason: "exited" });
  });
}

function describeRemoval(start: Start): void {
  it("leaves no process behind, whatever the action has started", async () => {
    const mark = `9${process.pid}.${Math.floor(performance.now())}`;
    const action = await start(`const main = () => {
      require("node:child_process").spawn("/bin/sh", ["-c", "while :; do :; done # ${mark}"]).unref();
      return {};
    }`);
    await action.result();
    assert.equal(findProcesses(`# ${mark}`).length, 1);
    await Promise.all([action.container.destroy(), action.container.destroy()]);
    await action.container.ended;
    await waitFor("its processes to be gone", () => findProcesses(`# ${mark}`).length === 0);
  });
}

function describeOutside(start: Start, opened: () => OpenedDriver): void {
  it("offers the stock modules to scripts and to modules", async () => {
    await using action = await start(`
      import { createRequire } from "node:module";
      import openwhisk from "openwhisk";
      import { createClient } from "redis";
      import { v4 } from "uuid";
      export const main = () => ({
        all: [openwhisk, createClient, v4].map((each) => typeof each),
        required: typeof createRequire(import.meta.url)("openwhisk"),
      })`);
    assert.deepEqual(await action.result(), {
      all: ["function", "function", "function"],
      required: "function",
    });
  });

  it("leads to the platform's API", async () => {
    const server = createServer((request, response) => response.end(`${request.url} served`));
    await opened().serveApi(server);
    try {
      await using action = await start(
        "const main = async () => ({ text: await (await fetch(process.env.__OW_API_HOST + '/ping')).text() })",
      );
      assert.deepEqual(await action.result(), { text: "/ping served" });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}
