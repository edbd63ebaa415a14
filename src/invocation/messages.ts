// An activation as it goes to the bus, from the action that was found and what is passed to it. Sequences
// and conductors travel with what they are: they have no arguments of their own, and run more than once.

import { type Action, isConductor, isSequence } from "../entities/action.ts";
import type { SystemLimits } from "../entities/limits.ts";
import { type DocumentId, idOf } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { type ActivationId, createActivationId, type TransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { KB } from "../kernel/units.ts";
import type { ActionReference, FiredBy, NewActivation } from "../messages/activation-message.ts";
import type { StoredEntity } from "../stores/port.ts";
import { EMPTY, mergeArguments, refuseTooLarge } from "./parameters.ts";

export type ArgumentLimits = Pick<SystemLimits, "payloadBytesMax" | "parameterBytesMax">;

/** Without code. */
export interface FoundAction extends Pick<StoredEntity<Action>, "revision" | "document"> {
  /** The binding through which it was found. */
  readonly binding?: DocumentId;
  /** The alias that chose the version. */
  readonly alias?: string;
  /** Whether this version was asked for. */
  readonly pinned?: true;
}

export interface MessageRequest {
  readonly identity: Identity;
  readonly action: FoundAction;
  readonly payload?: RawJson | undefined;
  /** Id, and milliseconds since the epoch at which it was asked for. */
  readonly transaction: readonly [TransactionId, number];
  /** The sequence or composition of which it is a part. */
  readonly cause?: ActivationId;
  /** The id that it must get, as an idempotency key stands for it. */
  readonly keyedId?: ActivationId;
  /** What an idempotency key stands for of which this is a part: a firing. */
  readonly acceptance?: ActivationId;
  /** That firing. */
  readonly fired?: FiredBy;
}

/** What a message may have beside payload and parameters. */
const MESSAGE_OVERHEAD_BYTES = 6 * KB;
const NO_KEYS: readonly string[] = [];

/** Throws `too-large`. */
export function createMessage(request: MessageRequest, limits: ArgumentLimits): NewActivation {
  const { document } = request.action;
  if (!isSequence(document) && !isConductor(document)) return createRunMessage(request, limits);
  const { payload = EMPTY } = request;
  const message = toMessage(request, { content: payload, initKeys: NO_KEYS }, limits);
  return { ...message, composition: document };
}

/** Of an action's code; a conductor's too. Throws `too-large`. */
export function createRunMessage(request: MessageRequest, limits: ArgumentLimits): NewActivation {
  return toMessage(request, mergeArguments(request.action.document, request.payload), limits);
}

function toMessage(
  { identity, action, transaction, cause, keyedId, acceptance = keyedId, fired }: MessageRequest,
  { content, initKeys }: Pick<NewActivation, "content" | "initKeys">,
  { payloadBytesMax, parameterBytesMax }: ArgumentLimits,
): NewActivation {
  refuseTooLarge(content, Math.max(payloadBytesMax, parameterBytesMax) + MESSAGE_OVERHEAD_BYTES);
  return {
    activationId: keyedId ?? createActivationId(),
    transaction,
    action: toReference(action),
    user: identity,
    initKeys,
    content,
    ...(cause === undefined ? {} : { cause }),
    ...(acceptance === undefined ? {} : { acceptance }),
    ...(fired === undefined ? {} : { fired }),
  };
}

/** One for all messages of an action that was found once. */
const references = new WeakMap<FoundAction, ActionReference>();

function toReference(action: FoundAction): ActionReference {
  const known = references.get(action);
  if (known !== undefined) return known;
  const { document, revision, binding, alias, pinned } = action;
  const reference = {
    id: idOf(document),
    revision,
    version: document.version,
    ...(binding === undefined ? {} : { binding }),
    ...(alias === undefined ? {} : { alias }),
    ...(pinned === undefined ? {} : { pinned }),
  };
  references.set(action, reference);
  return reference;
}
