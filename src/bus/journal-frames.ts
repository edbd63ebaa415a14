// The bus's frames in its journal, to bytes and back.

import type { Part } from "../journal/journal.ts";

/** Of a message whose owner stands in its frame. Those of before that had none. */
const OWNED = 0x10;
export const KIND = {
  message: 1,
  startedMessage: 2,
  start: 3,
  done: 4,
  laterMessage: 5,
} as const;
type Kind = (typeof KIND)[keyof typeof KIND];
export type MessageKind = Exclude<Kind, typeof KIND.start | typeof KIND.done>;

/** Sequences and times are 48 bits wide: enough for 8,900 years of milliseconds. */
const NUMBER_BYTES = 6;
const MARK_BYTES = 1 + NUMBER_BYTES;
const TOPIC_AT = MARK_BYTES + NUMBER_BYTES;

export interface FrameMessage {
  readonly topic: string;
  /** Of a later message, when it is due. */
  readonly publishedAt: number;
  readonly owner: string;
  readonly bytes: Buffer;
}

export interface DecodedFrame {
  readonly kind: number;
  readonly sequence: number;
  /** Absent for marks. */
  readonly message?: FrameMessage;
}

export function encodeMark(kind: typeof KIND.start | typeof KIND.done, sequence: number): Buffer {
  const bytes = Buffer.allocUnsafe(MARK_BYTES);
  bytes[0] = kind;
  bytes.writeUIntLE(sequence, 1, NUMBER_BYTES);
  return bytes;
}

export function encodeMessage(
  kind: MessageKind,
  entry: {
    readonly sequence: number;
    readonly publishedAt: number;
    readonly topic: { readonly name: string };
    readonly owner: string;
    readonly message: Part;
  },
): readonly Part[] {
  const { owner, topic } = entry;
  const { name } = topic;
  const ownerAt = TOPIC_AT + 1 + name.length;
  const head = Buffer.allocUnsafe(ownerAt + 1 + owner.length);
  head[0] = kind | OWNED;
  head.writeUIntLE(entry.sequence, 1, NUMBER_BYTES);
  head.writeUIntLE(entry.publishedAt, MARK_BYTES, NUMBER_BYTES);
  head[TOPIC_AT] = name.length;
  head.write(name, TOPIC_AT + 1, "latin1");
  head[ownerAt] = owner.length;
  head.write(owner, ownerAt + 1, "latin1");
  return [head, entry.message];
}

export function decodeFrame(payload: Buffer): DecodedFrame {
  const first = payload[0] ?? 0;
  const kind = first & ~OWNED;
  const sequence = payload.readUIntLE(1, NUMBER_BYTES);
  if (kind === KIND.start || kind === KIND.done) return { kind, sequence };
  const publishedAt = payload.readUIntLE(MARK_BYTES, NUMBER_BYTES);
  const [topic, topicEnd] = readShort(payload, TOPIC_AT);
  const [owner, end] = first === kind ? ["", topicEnd] : readShort(payload, topicEnd);
  return { kind, sequence, message: { topic, publishedAt, owner, bytes: payload.subarray(end) } };
}

function readShort(payload: Buffer, at: number): readonly [text: string, end: number] {
  const end = at + 1 + (payload[at] ?? 0);
  return [payload.toString("latin1", at + 1, end), end];
}
