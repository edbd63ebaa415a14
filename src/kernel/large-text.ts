// A text of megabytes that nobody here reads: the bytes of its JSON string, in UTF-8, as it goes into an
// answer, into a container and to disk. As a JavaScript string each of these would go through it anew,
// which for 48 MB takes half a second of whichever thread does it.

import { KB } from "./units.ts";

/** From here on a text is worth it: shorter ones take less than a millisecond. */
export const LARGE_TEXT_LENGTH: number = 128 * KB;

/** Beside these a JSON string has its characters as they are. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

export class LargeText {
  #json: Uint8Array<ArrayBuffer>;

  constructor(json: Uint8Array<ArrayBuffer>) {
    this.#json = json;
  }

  /** Half of a surrogate pair has no UTF-8: it becomes what it is shown as. */
  static of(text: string): LargeText {
    const json = ESCAPED.test(text) ? JSON.stringify(text.toWellFormed()) : `"${text}"`;
    // Not from Node's pool, as it is transferred to another thread.
    return new LargeText(new TextEncoder().encode(json));
  }

  /** Empty while it is lent. */
  get json(): Uint8Array<ArrayBuffer> {
    return this.#json;
  }

  /** In bytes. */
  get length(): number {
    return this.#json.byteLength;
  }

  /** The same bytes, after another thread has had them. */
  giveBack(json: Uint8Array<ArrayBuffer>): void {
    this.#json = json;
  }

  /** For whoever prints it all the same. */
  toJSON(): unknown {
    return JSON.parse(new TextDecoder().decode(this.#json));
  }
}
