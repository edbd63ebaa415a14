// Frames as they stand on disk.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame, encodeMessage, KIND } from "./journal-frames.ts";

const SENT = { sequence: 7, publishedAt: 1_700_000_000_000, owner: "owner" };

test("a message's frame says whose it is", () => {
  const message = Buffer.from("{}\n{}");
  const parts = encodeMessage(KIND.laterMessage, { ...SENT, topic: { name: "t" }, message });
  const { kind, sequence, message: read } = decodeFrame(Buffer.concat(parts as Buffer[]));
  assert.deepEqual([kind, sequence], [KIND.laterMessage, 7]);
  const { publishedAt, owner } = SENT;
  assert.deepEqual(read, { topic: "t", publishedAt, owner, bytes: message });
});

test("a frame from before messages had owners is nobody's", () => {
  const head = Buffer.alloc(15);
  head[0] = KIND.startedMessage;
  head.writeUIntLE(7, 1, 6);
  head.writeUIntLE(SENT.publishedAt, 7, 6);
  head[13] = 1;
  head.write("t", 14);
  const bytes = Buffer.from('{"activationId":"…"}\n{}');
  const { kind, message } = decodeFrame(Buffer.concat([head, bytes]));
  assert.equal(kind, KIND.startedMessage);
  const { publishedAt } = SENT;
  assert.deepEqual(message, { topic: "t", publishedAt, owner: "", bytes });
});
