// What a controller asks of an invoker: one activation. On the bus it is two lines: a JSON header and
// the arguments as they came, which are so parsed and printed only where somebody looks into them.

import type { Action } from "../entities/action.ts";
import type { EntityName } from "../entities/names.ts";
import type { RetryPolicy } from "../entities/retry-policy.ts";
import type { Identity } from "../entities/subject.ts";
import type { ActivationId, TransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { type Encodable, type Payload, toBytes } from "../kernel/payload.ts";
import { KB } from "../kernel/units.ts";

/** Of an activation that is tried again where it fails, or of which a trigger hears then. */
export interface Trying {
  readonly policy: RetryPolicy;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Of the first try. */
  readonly first: ActivationId;
}

export interface ActionReference {
  /** Document id: `namespace[/package]/name`, of the provider where it is run through a binding. */
  readonly id: string;
  readonly revision: string;
  readonly version: string;
  /** `namespace/name` of the binding through which it is run. */
  readonly binding?: string;
  /** The alias that chose the version. */
  readonly alias?: string;
  /** This version is to run, if it is kept; else the newest may. */
  readonly pinned?: true;
}

/** The firing whose rule invoked it. */
export interface FiredBy {
  readonly trigger: EntityName;
  /** Of the trigger. */
  readonly version: string;
  /** `namespace/name`. */
  readonly rule: string;
}

export interface ActivationHeader {
  readonly activationId: ActivationId;
  /** Id, and milliseconds since the epoch at which the request was received. */
  readonly transaction: readonly [TransactionId, number];
  readonly action: ActionReference;
  readonly user: Identity;
  /** The topic on which the controller hears that it is done. */
  readonly replyTo: string;
  readonly blocking: boolean;
  /** Keys of the arguments that go into the environment at `/init`, not to `/run`. */
  readonly initKeys: readonly string[];
  /** The sequence or composition of which it is a part. */
  readonly cause?: ActivationId;
  readonly trying?: Trying;
  /** Of a sequence or a conductor: the action as it was found, without code, parameters merged. */
  readonly composition?: Action;
  /**
   * What an idempotency key stands for, where one does: it is confirmed before this message is done. The
   * activation's own id, or that of the trigger that was fired.
   */
  readonly acceptance?: ActivationId;
  /** Where the key stands for a firing: its record can be made of this. */
  readonly fired?: FiredBy;
}

export interface ActivationMessage extends ActivationHeader {
  /** An object, or an array from a sequence's part before. */
  readonly content: RawJson;
}

/** Before it is known who wants to hear of its end. */
export type NewActivation = Omit<ActivationMessage, "replyTo" | "blocking">;

class EncodableActivation implements Encodable {
  readonly message: ActivationMessage;

  constructor(message: ActivationMessage) {
    this.message = message;
  }

  /** Paid for each activation: only what may need escapes is given to the printer. */
  toText(): string {
    const { content, user, action, activationId, transaction, initKeys } = this.message;
    const { replyTo, blocking, cause, trying, composition, acceptance, fired } = this.message;
    const shared = `"user":${toSharedText(user)},"action":${toSharedText(action)}`;
    const [transactionId, receivedAt] = transaction;
    const own = `"activationId":"${activationId}","transaction":[${JSON.stringify(transactionId)},${receivedAt}]`;
    const keys = initKeys.length === 0 ? "[]" : JSON.stringify(initKeys);
    const isPlain = (cause ?? trying ?? composition ?? acceptance ?? fired) === undefined;
    const rest = isPlain
      ? "}"
      : JSON.stringify({ cause, trying, composition, acceptance, fired }).slice(1);
    const way = `"replyTo":"${replyTo}","blocking":${blocking},"initKeys":${keys}`;
    return `{${shared},${own},${way}${rest === "}" ? "" : ","}${rest}\n${content}`;
  }
}

/** The message must not be changed afterwards. */
export function encodeActivation(message: ActivationMessage): Encodable {
  return new EncodableActivation(message);
}

/** The text of an identity and of an action's reference, which many messages share. */
const sharedTexts = new WeakMap<object, string>();

function toSharedText(shared: Identity | ActionReference): string {
  let text = sharedTexts.get(shared);
  if (text === undefined) {
    text = JSON.stringify(shared);
    sharedTexts.set(shared, text);
  }
  return text;
}

export function decodeActivation(payload: Payload): ActivationMessage {
  if (payload instanceof EncodableActivation) return payload.message;
  const bytes = toBytes(payload);
  const end = bytes.indexOf(NEWLINE);
  const header = JSON.parse(bytes.toString("utf8", 0, end)) as ActivationHeader;
  return { ...header, content: bytes.toString("utf8", end + 1) as RawJson };
}

/** Characters of arguments that a message keeps in memory while it waits; more are left to the bus. */
const WAITING_CONTENT_MAX = 16 * KB;
const LEFT_OUT = "" as RawJson;

/** The message itself, or without its arguments where they are large: its bytes can be read again. */
export function withoutLargeContent(message: ActivationMessage): ActivationMessage {
  const isLarge = message.content.length > WAITING_CONTENT_MAX;
  return isLarge ? { ...message, content: LEFT_OUT } : message;
}

/** What `withoutLargeContent` gave, with its arguments. Throws where they cannot be read. */
export function toWhole(
  message: ActivationMessage,
  from: { readonly message: Payload },
): ActivationMessage {
  return message.content === LEFT_OUT ? decodeActivation(from.message) : message;
}

/** Any message on the bus, where it has an acceptance: few have one, and those of other kinds cannot be read here. */
export function readAccepted(payload: Payload): ActivationMessage | undefined {
  const bytes = toBytes(payload);
  if (!bytes.includes(ACCEPTANCE)) return undefined;
  try {
    const message = decodeActivation(bytes);
    return message.acceptance === undefined ? undefined : message;
  } catch {
    return undefined;
  }
}

const ACCEPTANCE = '"acceptance":';
const NEWLINE = 10;
