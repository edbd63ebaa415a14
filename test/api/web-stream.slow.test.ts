// Streamed answers of web actions: piece by piece to the client, held up where it does not read, recorded
// as others are. Several run at a time in the one container of `shared`, so that a test lets one go on by
// another: nothing here waits for a time.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request as openRequest } from "node:http";
import { connect } from "node:net";
import { describe, test } from "node:test";
import type { Brisk } from "../harness.ts";
import {
  type ActivationRecord,
  invoke,
  type Json,
  OWN,
  putAction,
  readActivation,
  useBrisk,
  waitFor,
} from "./fixture.ts";
import { callWeb, checkCompactError, checkWebError, putWebAction, WEB } from "./web-fixture.ts";

/** Streams what `steps` makes; other runs of it let it go on, and are told how far it is. */
const SHARED = `
  let step = () => {};
  let asked = "nothing yet";
  const next = () => new Promise((resolve) => { step = resolve; });
  const steps = {
    async *events() {
      for (let n = 1; n <= 3; n++) { yield "data: " + n + "\\n\\n"; if (n < 3) await next(); }
    },
    async *endless() {
      try { for (;;) { asked += 1; yield "x".repeat(10_000); } } finally { asked = "closed"; }
    },
    async *silent() { try { yield "."; await next(); yield "."; } finally { asked = "closed"; } },
  };
  exports.main = ({ what }) => {
    if (what === "go") { step(); return { asked }; }
    asked = 0;
    if (what === "late") return next().then(() => ({ body: steps.endless() }));
    return {
      headers: { "content-type": "text/event-stream", "x-own": "1", "content-length": 5 },
      body: steps[what](),
    };
  };`;

const generator = (body: string, rest = "") =>
  `exports.main = () => ({ ${rest} body: (async function* () { ${body} })() })`;

const ACTIONS: Readonly<Record<string, string>> = {
  hello: generator('yield "Hé"; yield Buffer.from("llo");'),
  bytes: generator("yield Buffer.from([0, 255]);", 'headers: { "content-type": "image/png" },'),
  large: generator("for (let n = 0; n < 100; n++) yield '€'.repeat(10_000);"),
  small: "exports.main = () => ({ body: new Blob(['x'.repeat(70_000)]).stream() })",
  unfit: generator('yield "x";', "statusCode: 99,"),
  untyped: generator('yield "x";', 'headers: { "content-type": "nonsense" },'),
  empty: generator('yield "x";', "statusCode: 204,"),
  reset: generator('yield "x";', "statusCode: 205,"),
  broken: generator('yield "first"; throw new Error("oops");'),
  exiting: generator('yield "first"; process.exit(1);'),
  hostile: `exports.main = () => ({ body: (async function* () {
    yield "first"; require("node:fs").writeSync(3, "nonsense\\n"); await new Promise(() => {});
  })() })`,
  echo: "exports.main = (all) => all",
};

for (const driver of ["process", "sandbox"] as const) {
  describe(`with the ${driver} driver`, () => {
    const brisk = useBrisk({ args: ["--driver", driver], setUp });
    describeStreams(brisk);
    describeClients(brisk);
    describeFailures(brisk);
    if (driver === "process") describeResults(brisk);
  });
}

async function setUp(up: Brisk): Promise<void> {
  for (const [name, code] of Object.entries(ACTIONS)) await putWebAction(up, { name, code });
  const annotations = [{ key: "web-export", value: true }];
  for (const name of ["shared", "late"]) {
    await putAction(up, { name, code: SHARED, annotations, limits: { concurrency: 20 } });
  }
  const stuck = generator('yield "first"; await new Promise(() => {});');
  await putAction(up, { name: "stuck", code: stuck, annotations, limits: { timeout: 300 } });
  const exec = { kind: "sequence", components: ["/_/hello", "/_/echo"] };
  const body = { exec, annotations };
  assert.equal((await up.request("PUT", `${OWN}/actions/after`, { body })).status, 200);
}

type Up = () => Brisk;

async function open(up: Brisk, path: string, method = "GET"): Promise<IncomingMessage> {
  const request = openRequest(`${up.url}${WEB}/${path}`, { method });
  request.on("error", () => {});
  request.end();
  const [response] = await once(request, "response");
  return response as IncomingMessage;
}

async function read(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return text;
}

async function nextPiece(response: IncomingMessage): Promise<string> {
  const came = once(response, "data");
  response.resume();
  const [piece] = await came;
  response.pause();
  return String(piece);
}

function recordOf(up: Brisk, response: IncomingMessage): Promise<ActivationRecord> {
  return readActivation(up, response.headers["x-openwhisk-activation-id"]);
}

/** Lets what streams in `shared` go on, and hears how often it was asked for more. */
async function go(up: Brisk, name = "shared"): Promise<unknown> {
  const { json } = await invoke(up, name, {
    query: "blocking=true&result=true",
    body: { what: "go" },
  });
  return (json as Json)["asked"];
}

function describeStreams(brisk: Up): void {
  test("events come one by one: the next is not even made before the client has the one before", async () => {
    const response = await open(brisk(), "shared?what=events");
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers["content-type"], "text/event-stream; charset=UTF-8");
    assert.equal(response.headers["x-own"], "1");
    assert.equal(response.headers["content-length"], undefined);
    assert.equal(response.headers["access-control-allow-origin"], "*");
    assert.equal(await nextPiece(response), "data: 1\n\n");
    await go(brisk());
    assert.equal(await nextPiece(response), "data: 2\n\n");
    await go(brisk());
    assert.equal(await read(response), "data: 3\n\n");
  });

  test("the record has what was streamed, and is there when the client sees the end", async () => {
    const response = await open(brisk(), "hello");
    assert.equal(response.headers["content-type"], "text/html; charset=UTF-8");
    assert.equal(await read(response), "Héllo");
    const id = response.headers["x-openwhisk-activation-id"];
    const { status, json } = await brisk().request("GET", `${OWN}/activations/${id}`);
    assert.equal(status, 200);
    const { response: recorded } = json as ActivationRecord;
    assert.equal(recorded.status, "success");
    const streamed = { bytes: 6, kept: 6, encoding: "utf-8", complete: true };
    assert.deepEqual(recorded.result, { body: "Héllo", streamed });
  });

  test("bytes arrive as they are, and stand in the record as Base64", async () => {
    const response = await open(brisk(), "bytes");
    assert.equal(response.headers["content-type"], "image/png");
    assert.deepEqual(Buffer.concat(await response.toArray()), Buffer.from([0, 255]));
    const { result } = (await recordOf(brisk(), response)).response;
    const streamed = { bytes: 2, kept: 2, encoding: "base64", complete: true };
    const headers = { "content-type": "image/png" };
    assert.deepEqual(result, { headers, body: "AP8=", streamed });
  });

  test("a body may be larger than any result; the record has its first whole characters", async () => {
    const response = await open(brisk(), "large");
    assert.equal(await read(response), "€".repeat(1_000_000));
    const { result } = (await recordOf(brisk(), response)).response;
    const { body, streamed } = result as { body: string; streamed: Json };
    assert.equal(body, "€".repeat(21_845));
    assert.deepEqual(streamed, {
      bytes: 3_000_000,
      kept: 65_536,
      encoding: "utf-8",
      complete: true,
    });
  });
}

function describeClients(brisk: Up): void {
  test("an action is not asked for more while its client does not read", async () => {
    const response = await open(brisk(), "shared?what=endless");
    await nextPiece(response);
    let before: unknown;
    const asked = await waitFor(async () => {
      const last = before;
      before = await go(brisk());
      return last === before ? before : undefined;
    });
    // What fits into the two ends of a connection, some 10 MB, and half a megabyte on the way there.
    assert.ok(
      typeof asked === "number" && asked > 0 && asked < 2000,
      `${asked} pieces of 10 KB were asked for`,
    );
    response.destroy();
    await waitFor(async () => (await go(brisk())) === "closed" || undefined);
    const { response: recorded } = await recordOf(brisk(), response);
    assert.equal(recorded.status, "success");
    assert.equal((recorded.result as { streamed: Json }).streamed["complete"], false);
  });

  test("a client that goes away ends an action that waits for something else, too", async () => {
    const response = await open(brisk(), "shared?what=silent");
    await nextPiece(response);
    response.destroy();
    const { response: recorded } = await recordOf(brisk(), response);
    assert.equal(recorded.status, "success");
    const streamed = { bytes: 1, kept: 1, encoding: "utf-8", complete: false };
    assert.deepEqual((recorded.result as Json)["streamed"], streamed);
  });

  test("for a client that goes away before the head nothing more is made", async () => {
    const request = openRequest(`${brisk().url}${WEB}/late?what=late`);
    request.on("error", () => {});
    request.end();
    await waitFor(async () => (await go(brisk(), "late")) === 0 || undefined);
    request.destroy();
    const query = "name=late&docs=true";
    const streamed = await waitFor(async () => {
      const { json } = await brisk().request("GET", `${OWN}/activations?${query}`);
      const results = (json as ActivationRecord[]).map(({ response }) => response.result as Json);
      return results.find((result) => "streamed" in result)?.["streamed"] as Json | undefined;
    });
    assert.equal(streamed["complete"], false);
  });

  test("HEAD has the head, and nobody wants the body", async () => {
    const response = await open(brisk(), "shared?what=endless", "HEAD");
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers["x-own"], "1");
    assert.equal(response.headers["content-length"], undefined);
    assert.equal(await read(response), "");
    const { result } = (await recordOf(brisk(), response)).response;
    assert.equal((result as { streamed: Json }).streamed["complete"], false);
  });

  test("a client that knows no chunks gets the body until the connection is closed", async () => {
    const { hostname, port } = new URL(brisk().url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${WEB}/hello HTTP/1.0\r\n\r\n`);
    const text = Buffer.concat(await socket.toArray()).toString();
    assert.match(text, /\r\nConnection: close\r\n/i);
    assert.match(text, /\r\n\r\nHéllo$/);
  });
}

function describeFailures(brisk: Up): void {
  const FAILURES: Readonly<Record<string, string>> = {
    broken: "The answer broke off while it was streamed: Error: oops",
    exiting: "The action did not produce a valid response and exited unexpectedly.",
    hostile: "The action did not produce a valid response and exited unexpectedly.",
    stuck: "The action exceeded its time limits of 300 milliseconds.",
  };
  for (const [name, error] of Object.entries(FAILURES)) {
    test(`the connection is broken off where an action is ${name}, and its record says why`, async () => {
      const response = await open(brisk(), name);
      assert.equal(response.statusCode, 200);
      assert.equal(await nextPiece(response), "first");
      await assert.rejects(read(response), { code: "ECONNRESET" });
      const record = await recordOf(brisk(), response);
      assert.equal(record.response.status, "action developer error");
      assert.deepEqual(record.response.result, { error });
    });
  }

  test("a head that is no response is refused, before anything is sent", async () => {
    const unfit = await callWeb(brisk(), "GET unfit");
    assert.equal(unfit.status, 400);
    checkWebError(unfit, "Response is not valid 'message/http'.");
    const untyped = await callWeb(brisk(), "GET untyped");
    assert.equal(untyped.status, 400);
    checkWebError(untyped, "Response did not specify a known content-type.");
    const image = await callWeb(brisk(), "GET bytes", { headers: { accept: "text/html" } });
    assert.equal(image.status, 406);
    checkCompactError(image, /image\/png/);
  });

  test("a status that has no body ends the answer", async () => {
    const empty = await callWeb(brisk(), "GET empty");
    assert.deepEqual([empty.status, empty.text], [204, ""]);
    const reset = await callWeb(brisk(), "GET reset");
    assert.deepEqual([reset.status, reset.text, reset.headers["content-length"]], [205, "", "0"]);
  });
}

/** Where nobody has said that a stream is welcome. */
function describeResults(brisk: Up): void {
  test("invoked otherwise, the action has an ordinary result", async () => {
    const { status, json } = await invoke(brisk(), "hello");
    assert.equal(status, 200);
    const { response, activationId } = json as ActivationRecord;
    assert.deepEqual(response, {
      status: "success",
      success: true,
      result: { body: "Héllo" },
      size: 16,
    });
    assert.deepEqual((await readActivation(brisk(), activationId)).response, response);
    const bytes = await invoke(brisk(), "bytes", { query: "blocking=true&result=true" });
    assert.deepEqual(bytes.json, { headers: { "content-type": "image/png" }, body: "AP8=" });
    const small = await invoke(brisk(), "small", { query: "blocking=true&result=true" });
    assert.deepEqual(small.json, { body: "x".repeat(70_000) });
  });

  test("a collected body that is too long is an application error, as any such result", async () => {
    const { status, json } = await invoke(brisk(), "large", {
      query: "blocking=true&result=true",
    });
    assert.equal(status, 502);
    const { error } = json as { error: string };
    assert.match(
      error,
      /^The action produced a response that exceeded the allowed length: \d+ > 1048576 bytes\. The truncated response was: \{"body":"€+/,
    );
    assert.ok(Buffer.byteLength(error) < 1_100_000);
  });

  test("what breaks off while it is collected is a developer error", async () => {
    const { status, json } = await invoke(brisk(), "broken", {
      query: "blocking=true&result=true",
    });
    assert.equal(status, 502);
    assert.deepEqual(json, { error: "The answer broke off while it was streamed: Error: oops" });
  });

  test("the parts of a sequence, and other extensions, see the collected body", async () => {
    const { headers, text } = await callWeb(brisk(), "GET after");
    assert.equal(text, "Héllo");
    assert.notEqual(headers["content-length"], undefined);
    assert.deepEqual((await callWeb(brisk(), "GET hello.json")).json, { body: "Héllo" });
    assert.equal((await callWeb(brisk(), "GET hello.text")).text, "Héllo");
  });
}
