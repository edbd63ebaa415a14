// What was found before, ready to be run, so that what is invoked or fired often reads no store. Each is
// forgotten with any of the documents that it was made of.

import type { DocumentId } from "../entities/names.ts";

/** Something that was read, and everything that it was made of: packages and the action itself, say. */
export interface MadeOf {
  readonly madeOf: readonly DocumentId[];
}

export class Remembered<Value extends MadeOf> {
  readonly #charactersMax: number;
  /** By the name that was asked for. */
  readonly #values = new Map<DocumentId, Value>();
  /** The names under which something stands that was made of a document; some may be forgotten since. */
  readonly #madeOf = new Map<DocumentId, Set<DocumentId>>();
  /** Of everything remembered since it was last cleared, also of what was forgotten since. */
  #characters = 0;
  /** Counts what forgets: what was read before that is not remembered. */
  #generation = 0;

  constructor({ charactersMax }: { readonly charactersMax: number }) {
    this.#charactersMax = charactersMax;
  }

  get(id: DocumentId): Value | undefined {
    return this.#values.get(id);
  }

  /** What `read` resolves to, remembered unless something was forgotten meanwhile. */
  async load(id: DocumentId, read: () => Promise<Value>): Promise<Value> {
    const before = this.#generation;
    const value = await read();
    if (before === this.#generation) this.#remember(id, value);
    return value;
  }

  #remember(id: DocumentId, value: Value): void {
    this.#characters += JSON.stringify(value).length;
    if (this.#characters > this.#charactersMax) {
      this.#values.clear();
      this.#madeOf.clear();
      this.#characters = 0;
      return;
    }
    this.#values.set(id, value);
    for (const part of value.madeOf) {
      const names = this.#madeOf.get(part) ?? new Set();
      this.#madeOf.set(part, names.add(id));
    }
  }

  /** A write of documents. They are forgotten also where that fails: it may have been done all the same. */
  async changing<T>(ids: readonly DocumentId[], write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } finally {
      this.#generation++;
      for (const id of ids) this.#forget(id);
    }
  }

  #forget(id: DocumentId): void {
    for (const name of this.#madeOf.get(id) ?? []) this.#values.delete(name);
    this.#madeOf.delete(id);
  }
}
