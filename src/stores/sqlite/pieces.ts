// Bytes and texts put together to pieces of some size, which may be handed to another thread.

export class Pieces {
  readonly #bytesMin: number;
  readonly #whole: Uint8Array<ArrayBuffer>[] = [];
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Of each piece but the last; one is longer where a part is. */
  constructor(bytesMin: number) {
    this.#bytesMin = bytesMin;
  }

  add(part: string | Uint8Array): void {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    this.#parts.push(bytes);
    this.#bytes += bytes.byteLength;
    if (this.#bytes >= this.#bytesMin) this.#finish();
  }

  get wholeCount(): number {
    return this.#whole.length;
  }

  end(): readonly Uint8Array<ArrayBuffer>[] {
    this.#finish();
    return this.#whole;
  }

  /** In memory of its own: what small buffers stand in is others' too. */
  #finish(): void {
    if (this.#bytes === 0) return;
    const piece = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      piece.set(part, at);
      at += part.byteLength;
    }
    this.#whole.push(piece);
    this.#parts = [];
    this.#bytes = 0;
  }
}
