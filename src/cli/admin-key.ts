// A user's key, `UUID:KEY`: made at random, or as somebody wants it, by the rules of `wskadmin`.

import { randomUUID } from "node:crypto";
import { KEY_LENGTH } from "../entities/subject.ts";
import { createSecret } from "../kernel/ids.ts";
import { usageFailure } from "./admin-store.ts";

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Random unless one is given. */
export function createKey(auth: string | undefined): { uuid: string; key: string } {
  if (auth === undefined) return { uuid: randomUUID(), key: createSecret(KEY_LENGTH) };
  const at = auth.indexOf(":");
  if (at === -1) {
    throw usageFailure("failed to determine authorization id and key: it must be UUID:KEY");
  }
  const [uuid, key] = [auth.slice(0, at).trim(), auth.slice(at + 1).trim()];
  if (!UUID.test(uuid)) throw usageFailure("authorization id is not a valid UUID");
  if (key.length < KEY_LENGTH) {
    throw usageFailure(`authorization key must be at least ${KEY_LENGTH} characters long`);
  }
  if (key.length > KEY_LENGTH) {
    throw usageFailure(`authorization key must be ${KEY_LENGTH} characters long`);
  }
  return { uuid: toVersion4(uuid), key };
}

/** `wskadmin` forces the bits of version and variant, so that an id may come back changed. */
function toVersion4(uuid: string): string {
  const digits = uuid.replaceAll("-", "").toLowerCase();
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const forced = `${digits.slice(0, 12)}4${digits.slice(13, 16)}${variant}${digits.slice(17)}`;
  return forced.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function toKey({ uuid, key }: { uuid: string; key: string }): string {
  return `${uuid}:${key}`;
}
