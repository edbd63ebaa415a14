// Identifiers: their shapes and how fresh ones are made.

import { randomBytes, randomUUID } from "node:crypto";

/** 32 lower-case hexadecimal digits: a version 4 UUID without dashes. */
export type ActivationId = string & { readonly brand: "ActivationId" };
/** What one request is called in every log line, header and error: 32 of `[A-Za-z0-9]` when made here. */
export type TransactionId = string & { readonly brand: "TransactionId" };

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function createActivationId(): ActivationId {
  return createHexId() as ActivationId;
}

/** Cut out rather than replaced: the dashes stand where they always do, and this is paid per request. */
function createHexId(): string {
  const id = randomUUID();
  return id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
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
