// Identifiers: their shapes and how fresh ones are made.

import { randomBytes, randomFillSync } from "node:crypto";

/** 32 lower-case hexadecimal digits: a version 4 UUID without dashes. */
export type ActivationId = string & { readonly brand: "ActivationId" };
/** What one request is called in every log line, header and error: 32 of `[A-Za-z0-9]` when made here. */
export type TransactionId = string & { readonly brand: "TransactionId" };

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function createActivationId(): ActivationId {
  return createHexId() as ActivationId;
}

const ID_BYTES = 16;
/** Drawn for many at a time: each is paid per request. */
const random = Buffer.alloc(ID_BYTES * 256);
let drawn = random.length;

function createHexId(): string {
  if (drawn === random.length) {
    randomFillSync(random);
    drawn = 0;
  }
  const at = drawn;
  drawn += ID_BYTES;
  // Version 4, variant 1 (RFC 9562, 5.4).
  random[at + 6] = ((random[at + 6] ?? 0) & 0x0f) | 0x40;
  random[at + 8] = ((random[at + 8] ?? 0) & 0x3f) | 0x80;
  return random.toString("hex", at, drawn);
}

export function isActivationId(text: string): text is ActivationId {
  return /^[0-9a-f]{32}$/.test(text);
}

/** Unique, not secret: hexadecimal digits are alphanumeric too, and a UUID is the cheapest source. */
export function createTransactionId(): TransactionId {
  return createHexId() as TransactionId;
}

/** Unpredictable text of `[A-Za-z0-9]`, without modulo bias: bytes of 248 and above are drawn again. */
export function createSecret(length: number): string {
  let secret = "";
  while (secret.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && secret.length < length) secret += ALPHANUMERIC[byte % 62];
    }
  }
  return secret;
}
