// Comparing what was sent with what is secret, in a time that tells nothing of how much of it is right.

import { hash, timingSafeEqual } from "node:crypto";

/** Hashed first: then also texts of different lengths take the same time. */
export function isSameSecret(secret: string, given: string): boolean {
  return timingSafeEqual(toDigest(secret), toDigest(given));
}

function toDigest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
