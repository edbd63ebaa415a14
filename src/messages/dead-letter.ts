// What a station tells a controller of an activation that failed for the last time: the trigger that is to
// be fired with it. On the bus it is three lines: a JSON header, the record without its logs, the arguments.

import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import type { ActivationId, TransactionId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import { type Payload, toBytes } from "../kernel/payload.ts";

interface DeadLetterHeader {
  /** In the namespace of the identity. */
  readonly trigger: EntityName;
  readonly user: Identity;
  readonly transactionId: TransactionId;
  /** How often it was tried. */
  readonly attempts: number;
  /** The firing's id: of two letters with the same word one is fired. */
  readonly firingId: ActivationId;
  /** How often it was put back, as there was no room in flight for what it starts. */
  readonly postponed?: number;
}

export interface DeadLetter extends DeadLetterHeader {
  readonly record: RawJson;
  readonly arguments: RawJson;
}

export function encodeDeadLetter({ record, arguments: content, ...header }: DeadLetter): Buffer {
  return Buffer.from(`${JSON.stringify(header)}\n${record}\n${content}`);
}

export function decodeDeadLetter(payload: Payload): DeadLetter {
  const [header = "", record = "", content = ""] = toBytes(payload).toString().split("\n", 3);
  const parsed = JSON.parse(header) as DeadLetterHeader;
  return { ...parsed, record: record as RawJson, arguments: content as RawJson };
}
