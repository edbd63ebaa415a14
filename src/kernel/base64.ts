// Base64 in places that also hold plain text: told by its shape, and decoded only where it is whole.

/** Whether a text looks like padded Base64. Plain text of such a shape does too. */
export function isBase64(given: string): boolean {
  const text = given.trim();
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

const DIGITS = /^[A-Za-z0-9+/]*={0,2}$/;

/** The bytes; `undefined` for anything but Base64, whose padding may be missing. */
export function decodeBase64(text: string): Buffer | undefined {
  if (!DIGITS.test(text)) return undefined;
  const digits = text.indexOf("=") === -1 ? text.length : text.indexOf("=");
  const isWhole = digits % 4 !== 1 && (digits === text.length || text.length % 4 === 0);
  return isWhole ? Buffer.from(text, "base64") : undefined;
}
