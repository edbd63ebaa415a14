// What a message carries: bytes, or something from which they are made where they are needed. What stays
// in the process is handed over as it is, and never printed or parsed.

export interface Encodable {
  /** The same each time. */
  toBytes(): Buffer;
}

export type Payload = Buffer | Encodable;

export function toBytes(payload: Payload): Buffer {
  return Buffer.isBuffer(payload) ? payload : payload.toBytes();
}
