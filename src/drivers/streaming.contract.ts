// What every driver promises of streamed answers: pieces in order, held up where nobody takes them, and
// the end of a container whose code sends what was not asked for.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { JsonObject } from "../kernel/json.ts";
import { toRawJson } from "../kernel/json.ts";
import type { OpenedDriver } from "./driver.contract.ts";
import { PATIENCE, type SPEC, startAction, type TestAction, waitFor } from "./driver-fixture.ts";
import type { Answer, BodySink } from "./port.ts";

/** Takes what it is sent; `isOpen` false takes nothing. */
class TestSink implements BodySink {
  readonly heads: string[] = [];
  readonly #leaving = new AbortController();
  readonly unwanted = this.#leaving.signal;
  isOpen = true;
  bytes = 0;
  pieces = 0;
  text = "";

  async write(bytes: Buffer): Promise<void> {
    this.pieces += 1;
    this.bytes += bytes.length;
    if (this.text.length < 1000) this.text += bytes.toString("latin1");
    if (!this.isOpen) await new Promise(() => {});
  }

  leave(): void {
    this.#leaving.abort();
  }
}

const ANSWERED: Answer = { type: "answered", status: 200, body: "{}", bytes: 2 };
const EXITED: Answer = { type: "ended", reason: "exited" };
/** More than may be on its way, or taken for one that is not. */
const BYTES_MAX = 400_000;

function run(action: TestAction, sink?: TestSink, value: JsonObject = {}): Promise<Answer> {
  const request = { value: toRawJson(value), context: {} };
  if (sink === undefined) return action.ask(request);
  const openBody = (head: string) => {
    sink.heads.push(head);
    return sink;
  };
  return action.ask(request, { openBody });
}

export function describeStreaming(name: string, open: () => Promise<OpenedDriver>): void {
  describe(`the ${name} driver keeps the contract of streamed answers:`, () => {
    let opened: OpenedDriver;
    before(async () => {
      opened = await open();
    });
    after(() => opened[Symbol.asyncDispose]());
    const start: Start = (code, spec) => startAction(opened.driver, code, spec);
    describeBodies(start);
    describePace(start);
    describeEnds(start);
    describeBreaches(start);
  });
}

type Start = (code: string, spec?: Partial<typeof SPEC>) => Promise<TestAction>;

const BODIES: Readonly<Record<string, string>> = {
  "an async generator": "(async function* () { yield 'ab'; yield Buffer.from('cd'); })()",
  "a Node stream": "require('node:stream').Readable.from([Buffer.from('abc'), Buffer.from('d')])",
  "a web stream": "new Blob(['abcd']).stream()",
  "an iterable of its own":
    "{ [Symbol.asyncIterator]: () => ({ n: 0, async next() { return { done: this.n > 3, value: 'abcd'[this.n++] } } }) }",
};

function describeBodies(start: Start): void {
  for (const [what, body] of Object.entries(BODIES)) {
    it(`streams ${what}, behind what stands beside it`, async () => {
      await using action = await start(`const main = () => ({ statusCode: 201, body: ${body} })`);
      const sink = new TestSink();
      assert.deepEqual(await run(action, sink), ANSWERED);
      assert.deepEqual(sink.heads, ['{"statusCode":201}']);
      assert.equal(sink.text, "abcd");
      // And the container goes on.
      assert.deepEqual(await run(action, new TestSink()), ANSWERED);
    });
  }

  it("cuts what is large into pieces, without loss", async () => {
    await using action = await start(
      "const main = () => ({ body: (async function* () { yield 'é'.repeat(1_000_000); yield ''; yield new Uint16Array(3); })() })",
    );
    const sink = new TestSink();
    assert.deepEqual(await run(action, sink), ANSWERED);
    assert.equal(sink.bytes, 2_000_006);
  });

  it("streams several answers at a time, each with its own pieces", async () => {
    await using action = await start(
      "const main = ({ n }) => ({ body: (async function* () { for (let i = 0; i < 50; i++) { yield n; await null; } })() })",
      { concurrency: 4 },
    );
    const sinks = ["a", "b", "c", "d"].map((n) => [n, new TestSink()] as const);
    await Promise.all(sinks.map(([n, sink]) => run(action, sink, { n })));
    for (const [n, sink] of sinks) assert.equal(sink.text, n.repeat(50));
  });
}

function describePace(start: Start): void {
  for (const [what, piece] of [
    ["large", "Buffer.alloc(30_000)"],
    ["small", "'.'"],
  ]) {
    it(`asks for no more ${what} pieces than are taken`, async () => {
      await using action = await start(
        `let asked = 0;
        const main = ({ count }) => count ? { asked } : ({ body: (async function* () {
          for (;;) { asked += 1; yield ${piece}; }
        })() })`,
        { concurrency: 2 },
      );
      const sink = new TestSink();
      sink.isOpen = false;
      const endless = run(action, sink);
      let before = -1;
      await waitFor("no more to come", async () => {
        const { asked } = (await action.result({ count: true })) as { asked: number };
        const isSame = asked === before && asked > 0;
        before = asked;
        return isSame;
      });
      assert.ok(sink.pieces <= 1100 && sink.bytes < BYTES_MAX, `${sink.pieces} ${sink.bytes}`);
      assert.ok(before <= sink.pieces + 2, `${before} were asked for, ${sink.pieces} came`);
      sink.leave();
      assert.deepEqual(await endless, ANSWERED);
    });
  }
}

function describeEnds(start: Start): void {
  it("tells the action that nobody wants the rest, and waits for what it still has to do", async () => {
    await using action = await start(
      `const main = () => ({ body: (async function* () {
        try { for (;;) { yield "."; await new Promise(setImmediate); } }
        finally { await new Promise(setImmediate); console.log("closed"); }
      })() })`,
    );
    const sink = new TestSink();
    const ran = run(action, sink);
    await waitFor("a piece", () => sink.pieces > 0);
    sink.leave();
    assert.deepEqual(await ran, ANSWERED);
    assert.equal(action.written.stdout, "closed\n");
  });

  const WAITING: Readonly<Record<string, string>> = {
    "a Node stream":
      "new (require('node:stream').Readable)({ read() { this.push('.'); this._read = () => {}; } })",
    "a web stream": "new ReadableStream({ start(to) { to.enqueue(new Uint8Array(1)); } })",
  };
  for (const [what, body] of Object.entries(WAITING)) {
    it(`ends ${what} that nobody wants, also while it has nothing`, async () => {
      await using action = await start(`const main = () => ({ body: ${body} })`);
      const sink = new TestSink();
      const ran = run(action, sink);
      await waitFor("a piece", () => sink.pieces > 0);
      sink.leave();
      assert.deepEqual(await ran, ANSWERED);
    });
  }

  it("gives up an action that does not hear it", async () => {
    await using action = await start(
      `const main = () => ({ body: (async function* () { yield "."; await new Promise(() => {}); })() })`,
    );
    const sink = new TestSink();
    const ran = run(action, sink);
    await waitFor("a piece", () => sink.pieces > 0);
    sink.leave();
    assert.deepEqual(await ran, { type: "timed-out" });
  });

  it("lets nothing begin that nobody wanted from the start", async () => {
    await using action = await start(
      "const main = () => ({ body: (async function* () { yield '.'; })() })",
    );
    const sink = new TestSink();
    sink.leave();
    assert.deepEqual(await run(action, sink), ANSWERED);
    assert.equal(sink.pieces, 0);
  });

  it("tells what went wrong in the middle", async () => {
    await using action = await start(
      `const main = ({ piece }) => ({ body: (async function* () {
        yield "."; if (piece) yield 7; throw new Error("oops");
      })() })`,
    );
    for (const [value, error] of [
      [{}, "Error: oops"],
      [
        { piece: 7 },
        "TypeError: a streamed body has pieces of text or bytes, not of type 'number'",
      ],
    ] as const) {
      const sink = new TestSink();
      const answer = await run(action, sink, value);
      assert.equal(sink.text, ".");
      const text = `The answer broke off while it was streamed: ${error}`;
      assert.equal(answer.type === "answered" && answer.status, 502);
      assert.equal(answer.type === "answered" && JSON.parse(answer.body).error, text);
    }
  });

  it("refuses what stands beside a body where it is too long", async () => {
    await using action = await start(
      "const main = () => ({ a: 'x'.repeat(70_000), body: (async function* () { yield '.'; })() })",
    );
    const answer = await run(action, new TestSink());
    assert.match(answer.type === "answered" ? answer.body : "", /65536 bytes beside its body/);
  });

  it("tells when the process exits, or takes too long, in the middle", async () => {
    const code = (then: string) =>
      `const main = () => ({ body: (async function* () { yield "."; ${then} })() })`;
    await using exiting = await start(code("process.exit(3);"));
    assert.deepEqual(await run(exiting, new TestSink()), EXITED);
    await using endless = await start(code("await new Promise(() => {});"));
    const request = { value: toRawJson({}), context: {} };
    const sink = new TestSink();
    const patience = { ...PATIENCE, timeoutMs: 100 };
    const answer = await endless.ask(request, { patience, openBody: () => sink });
    assert.deepEqual(answer, { type: "timed-out" });
    assert.equal(sink.text, ".");
  });
}

/** What the code writes on the connection by itself, as run number 2. */
const BREACHES: Readonly<Record<string, string>> = {
  "a piece before the head": "2 100 AAAA\\n",
  "a second head": "2 103 {}\\n2 103 {}\\n",
  "a piece that is no Base64": "2 103 {}\\n2 100 A*AA\\n",
  "a piece that is too long": "2 103 {}\\n2 100 AAAA${'A'.repeat(65536)}\\n",
  "more pieces than were asked for": "2 103 {}\\n${'2 100 AAAA\\n'.repeat(2000)}",
  "a head that is too long": '2 103 {"a":"${\'A\'.repeat(65536)}"}\\n',
  "a head for another run": "3 103 {}\\n",
  "another announcement": "2 101 {}\\n",
};

function describeBreaches(start: Start): void {
  for (const [what, text] of Object.entries(BREACHES)) {
    it(`ends a container whose code sends ${what}`, async () => {
      await using action = await start(writing(text));
      const sink = new TestSink();
      sink.isOpen = false;
      assert.deepEqual(await run(action, sink), EXITED);
      assert.ok(sink.pieces <= 1100, `${sink.pieces} pieces came`);
    });
  }

  it("ends a container that streams what nobody said was welcome", async () => {
    await using action = await start(
      "const main = () => ({ body: (async function* () { yield '.'; })() })",
    );
    assert.deepEqual(await run(action), EXITED);
  });

  it("ends a container whose head is refused", async () => {
    await using action = await start(writing("2 103 nonsense\\n"));
    const request = { value: toRawJson({}), context: {} };
    assert.deepEqual(await action.ask(request, { openBody: () => undefined }), EXITED);
  });
}

function writing(text: string): string {
  return `const main = () => { require("node:fs").writeSync(3, \`${text}\`); return new Promise(() => {}); }`;
}
