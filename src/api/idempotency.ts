// The header `Idempotency-Key`: whoever sends it may repeat the request, and what it starts runs once.

import { hash } from "node:crypto";
import { IDEMPOTENCY_KEY_RULE, isIdempotencyKey } from "../entities/idempotency-key.ts";
import type { EntityName } from "../entities/names.ts";
import type { KeyedRequest } from "../invocation/port.ts";
import { failure } from "../kernel/errors.ts";
import type { Call } from "./http.ts";
import type { HeaderParameter } from "./routes.ts";

export const IDEMPOTENCY_HEADER: HeaderParameter = {
  name: "Idempotency-Key",
  meaning: "Makes the request safe to repeat for 24 hours: what it starts runs once",
};

/** What is asked for, as far as the path and the body say it. */
export interface Asked {
  /** The caller's, whose key it is. */
  readonly namespace: EntityName;
  /** What the path names, in one spelling. */
  readonly target: string;
  readonly body: string;
}

/** `undefined` without the header. Throws `invalid` where it is no key. */
export function parseKeyedRequest(
  { request, query }: Call,
  { namespace, target, body }: Asked,
): KeyedRequest | undefined {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return undefined;
  const key = String(header);
  if (!isIdempotencyKey(key)) {
    const detail = `The Idempotency-Key ${IDEMPOTENCY_KEY_RULE}, and be given once`;
    throw failure("invalid", { detail });
  }
  const sorted = new URLSearchParams(query);
  sorted.sort();
  const asked = JSON.stringify([target, sorted.toString()]);
  return { namespace, key, request: hash("sha256", `${asked}\n${body}`, "base64") };
}
