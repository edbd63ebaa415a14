// What a message carries: bytes, or something whose text is made where it is needed. What stays in the
// process is handed over as it is, and never printed or parsed.

export interface Encodable {
  /** The same each time. */
  toText(): string;
}

export type Payload = Buffer | Encodable;

export function toBytes(payload: Payload): Buffer {
  return Buffer.isBuffer(payload) ? payload : Buffer.from(payload.toText());
}
