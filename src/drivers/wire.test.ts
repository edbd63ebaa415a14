import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toRawJson } from "../kernel/json.ts";
import { MB } from "../kernel/units.ts";
import type { Answered } from "./port.ts";
import {
  AnswerReader,
  encodeCancel,
  encodeGrant,
  encodeInit,
  encodeRun,
  encodeRunAhead,
} from "./wire.ts";

/** Reads the bytes in the given pieces; numbers up to 9 were asked with that bound. */
function read(pieces: readonly Buffer[], bytesMax: number) {
  const answers: [number, Answered][] = [];
  const announcements: [number, Answered][] = [];
  let malformed = 0;
  const reader = new AnswerReader({
    bytesMax: (seq) => (seq <= 9 ? bytesMax : undefined),
    answer: (seq, answered) => answers.push([seq, answered]),
    announce: (seq, announced) => {
      announcements.push([seq, announced]);
      return announced.body !== "wrong";
    },
    malformed: () => {
      malformed += 1;
    },
  });
  for (const piece of pieces) reader.read(piece);
  return { answers, announcements, malformed };
}

function toPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
  ends.sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const BODY = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => JSON.stringify(text));
const CUTS = fc.array(fc.nat(), { maxLength: 8 });

test("answers come out as they went in, however the bytes are cut into pieces", () => {
  fc.assert(
    fc.property(fc.array(BODY, { maxLength: 9 }), CUTS, (bodies, cuts) => {
      const lines = bodies.map((body, seq) => `${seq} 200 ${body}\n`).join("");
      const { answers, malformed } = read(toPieces(Buffer.from(lines), cuts), MB);
      assert.equal(malformed, 0);
      assert.deepEqual(
        answers,
        bodies.map((body, seq) => [
          seq,
          { type: "answered", status: 200, body, bytes: Buffer.byteLength(body) },
        ]),
      );
    }),
  );
});

test("of a body that is too long only its first whole characters are kept", () => {
  fc.assert(
    fc.property(BODY, fc.nat({ max: 60 }), CUTS, (body, bytesMax, cuts) => {
      const pieces = toPieces(Buffer.from(`3 502 ${body}\n`), cuts);
      const [[seq, answered] = []] = read(pieces, bytesMax).answers;
      assert.equal(seq, 3);
      assert.equal(answered?.bytes, Buffer.byteLength(body));
      const kept = answered?.body ?? "";
      assert.ok(body.startsWith(kept), `${kept} is no start of ${body}`);
      const missing = bytesMax - Buffer.byteLength(kept);
      assert.ok(kept === body || (missing >= 0 && missing < 4), `${missing} bytes are missing`);
    }),
  );
});

test("whatever is no answer is refused once, and nothing after it is read", () => {
  const wrong = [
    "\n",
    "x\n",
    "1\n",
    "1 200\n",
    "10 200 {}\n",
    "1 20 {}\n",
    "-1 200 {}\n",
    "1 2000 {}\n",
  ];
  for (const text of [...wrong, "1".repeat(30), "1 x00 {}\n", " 200 {}\n"]) {
    const { answers, malformed } = read([Buffer.from(text), Buffer.from("1 200 {}\n")], MB);
    assert.deepEqual({ answers, malformed }, { answers: [], malformed: 1 }, JSON.stringify(text));
  }
});

test("any bytes are either answers or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), CUTS, (bytes, cuts) => {
      const { malformed } = read(toPieces(Buffer.from(bytes), cuts), 10);
      assert.ok(malformed <= 1);
    }),
  );
});

test("what comes before a streamed answer is told apart from it, however it is cut into pieces", () => {
  fc.assert(
    fc.property(CUTS, (cuts) => {
      const bytes = Buffer.from('3 103 {"a":1}\n3 100 AAAA\n3 200 {}\n');
      const { answers, announcements, malformed } = read(toPieces(bytes, cuts), MB);
      assert.equal(malformed, 0);
      assert.deepEqual(announcements, [
        [3, { type: "answered", status: 103, body: '{"a":1}', bytes: 7 }],
        [3, { type: "answered", status: 100, body: "AAAA", bytes: 4 }],
      ]);
      assert.deepEqual(answers, [[3, { type: "answered", status: 200, body: "{}", bytes: 2 }]]);
    }),
  );
});

test("nothing is read after an announcement that is refused", () => {
  const bytes = Buffer.from("3 100 wrong\n3 100 AAAA\n3 200 {}\n");
  const { answers, announcements, malformed } = read([bytes], MB);
  assert.equal(malformed, 1);
  assert.equal(announcements.length, 1);
  assert.deepEqual(answers, []);
});

test("a request is one line, with the arguments as the text that they are", () => {
  const init = { name: "a", main: "main", binary: false, code: "a\n\tb", env: {} };
  assert.deepEqual(encodeInit(1, init), [`I1\t${JSON.stringify(init)}\n`]);
  const context = { namespace: "a\tb\nc" };
  const value = toRawJson({ n: 1 });
  assert.equal(encodeRun(2, { value, context }), `R2\t${JSON.stringify(context)}\t{"n":1}\n`);
  const ahead = encodeRunAhead(2, { value, context });
  assert.equal(
    ahead.replace(/\t\d{13}\t/, "\t(now)\t"),
    `A2\t(now)\t${JSON.stringify(context)}\t{"n":1}\n`,
  );
  assert.equal(encodeGrant(2, 5), "G2\t5\n");
  assert.equal(encodeCancel(2), "C2\t\n");
});
