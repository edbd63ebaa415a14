// What a controller asks of an invoker: one activation. On the bus it is two lines: a JSON header and
// the arguments as they came, which are so parsed and printed only where somebody looks into them.

import type { Identity } from "../entities/subject.ts";
import type { ActivationId, TransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";

export interface ActivationHeader {
  readonly activationId: ActivationId;
  /** Id, and milliseconds since the epoch at which the request was received. */
  readonly transaction: readonly [TransactionId, number];
  readonly action: {
    /** Document id: `namespace[/package]/name`. */
    readonly id: string;
    readonly revision: string;
    readonly version: string;
  };
  readonly user: Identity;
  /** The topic on which the controller hears that it is done. */
  readonly replyTo: string;
  readonly blocking: boolean;
  /** Keys of the arguments that go into the environment at `/init`, not to `/run`. */
  readonly initKeys: readonly string[];
  readonly cause?: ActivationId;
  /**
   * What an idempotency key stands for, where one does: it is confirmed before this message is done. The
   * activation's own id, or that of the trigger that was fired.
   */
  readonly acceptance?: ActivationId;
}

export interface ActivationMessage extends ActivationHeader {
  /** An object, or an array from a sequence's part before. */
  readonly content: RawJson;
}

/** What this process has encoded itself, by its bytes: reading it back takes no parsing. */
const encodedHere = new WeakMap<Buffer, ActivationMessage>();
/** An identity's text, which is the same for all of a key's messages. */
const identityTexts = new WeakMap<Identity, string>();

/** The message must not be changed afterwards. */
export function encodeActivation(message: ActivationMessage): Buffer {
  const { content, user, ...header } = message;
  const rest = JSON.stringify(header).slice(1);
  const bytes = Buffer.from(`{"user":${toIdentityText(user)},${rest}\n${content}`);
  encodedHere.set(bytes, message);
  return bytes;
}

function toIdentityText(identity: Identity): string {
  let text = identityTexts.get(identity);
  if (text === undefined) {
    text = JSON.stringify(identity);
    identityTexts.set(identity, text);
  }
  return text;
}

export function decodeActivation(bytes: Buffer): ActivationMessage {
  const own = encodedHere.get(bytes);
  if (own !== undefined) return own;
  const end = bytes.indexOf(NEWLINE);
  const header = JSON.parse(bytes.toString("utf8", 0, end)) as ActivationHeader;
  return { ...header, content: bytes.toString("utf8", end + 1) as RawJson };
}

/** Of any message on the bus, of which few have one and those of other kinds cannot be read here. */
export function readAcceptance(bytes: Buffer): ActivationId | undefined {
  if (!bytes.includes(ACCEPTANCE)) return undefined;
  try {
    return decodeActivation(bytes).acceptance;
  } catch {
    return undefined;
  }
}

const ACCEPTANCE = '"acceptance":';
const NEWLINE = 10;
