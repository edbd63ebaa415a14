// What may be a key of the header `Idempotency-Key`: no longer than an index likes, and nothing that HTTP
// trims, folds or encodes on its way.

const KEY = /^[\x21-\x7e]{1,255}$/;

export const IDEMPOTENCY_KEY_RULE = "must be 1 to 255 visible ASCII characters, without blanks";

export function isIdempotencyKey(text: string): boolean {
  return KEY.test(text);
}
