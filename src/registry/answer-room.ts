// What is put together from many documents for one answer, within a bound: each may have megabytes, and
// how many there are is the tenant's to say.

import { failure } from "../kernel/errors.ts";
import { MB } from "../kernel/units.ts";

/** As much as a list of them may be. */
const LENGTH_MAX = 16 * MB;

export class AnswerRoom {
  readonly #field: string;
  #length = 0;

  /** `field` is what is said to be too large. */
  constructor(field: string) {
    this.#field = field;
  }

  /** Throws `too-large` where there is no room for it beside the others. */
  take(value: unknown): void {
    this.#length += JSON.stringify(value).length;
    if (this.#length <= LENGTH_MAX) return;
    throw failure("too-large", { field: this.#field, is: this.#length, allowed: LENGTH_MAX });
  }
}
