import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Answer } from "../drivers/port.ts";
import type { RawJson } from "../kernel/json.ts";
import type { StreamWriter } from "../streams/port.ts";
import type { Exchange } from "./classify.ts";
import { parseHead, StreamedAnswer } from "./streamed-answer.ts";

const HEAD = '{"statusCode":200}' as RawJson;
const DONE: Answer = { type: "answered", status: 200, body: "{}", bytes: 2 };
const BYTES_MAX = 100;

function exchange(answer: Answer): Exchange {
  return { answer, elapsedMs: 5, timeoutMs: 100, bytesMax: BYTES_MAX, truncationBytes: BYTES_MAX };
}

/** Takes everything at once. */
function createWriter(unwanted = new AbortController()): StreamWriter {
  return { write: async () => {}, unwanted: unwanted.signal };
}

async function classify(pieces: readonly Uint8Array[], writer?: StreamWriter, answer = DONE) {
  const streamed = new StreamedAnswer({ head: HEAD, writer, bytesMax: BYTES_MAX });
  for (const piece of pieces) await streamed.write(Buffer.from(piece));
  const outcome = streamed.classify(exchange(answer));
  return { ...outcome, streamed, result: JSON.parse(outcome.result) };
}

test("a head is the text of an object, as one line", () => {
  assert.equal(parseHead('{"a":\r1}'), '{"a": 1}');
  for (const text of ["", "nope", "[]", "null", '"a"', "[".repeat(2000), '{"a":']) {
    assert.equal(parseHead(text), undefined, text);
  }
});

test("whatever the pieces, they are collected as text or Base64", async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pieces, async (given) => {
      const { statusCode, result } = await classify(given);
      const bytes = Buffer.concat(given);
      const text = bytes.toString();
      const isText = Buffer.from(text).equals(bytes);
      // Control characters take six bytes, which may be too much for a result.
      if (statusCode === 1) return;
      assert.deepEqual(result, { statusCode: 200, body: isText ? text : bytes.toString("base64") });
    }),
  );
});

test("what is collected beyond a result's bound calls the rest off, and is an application error", async () => {
  const { statusCode, result, streamed } = await classify([Buffer.alloc(BYTES_MAX + 1, "x")]);
  assert.equal(statusCode, 1);
  assert.ok(streamed.unwanted.aborted);
  assert.match(result.error, /allowed length: 128 > 100 bytes\. .* \{"statusCode":200,"body":"x+$/);
});

test("of what is passed on only whole characters are recorded, and how much it was", async () => {
  const { statusCode, result } = await classify([Buffer.from("€".repeat(50))], createWriter());
  assert.equal(statusCode, 0);
  assert.equal(result.body, "€".repeat(33));
  const streamed = { bytes: 150, kept: 100, encoding: "utf-8", complete: true };
  assert.deepEqual(result.streamed, streamed);
});

test("an action that its client left, and that does not hear it, has not failed", async () => {
  const left = new AbortController();
  left.abort();
  const timedOut = { type: "timed-out" } as const;
  const { statusCode, result, keepContainer } = await classify([], createWriter(left), timedOut);
  assert.equal(statusCode, 0);
  assert.equal(result.streamed.complete, false);
  assert.equal(keepContainer, false);
  const failed = await classify([], createWriter(), timedOut);
  assert.equal(failed.statusCode, 2);
});

test("how a stream broke off is how its run ended", async () => {
  const answer: Answer = { type: "answered", status: 502, body: '{"error":"x"}', bytes: 13 };
  const { statusCode, result } = await classify([Buffer.from("a")], createWriter(), answer);
  assert.deepEqual([statusCode, result], [2, { error: "x" }]);
});
