// Something bounded, shared out: everybody may have half of what the others leave. So however many there are
// that take all they get, something is left for the next.

export class Shares {
  /** Of all together. */
  readonly max: number;
  readonly #byOwner = new Map<string, number>();
  #taken = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** False, and nothing changes, where there is not so much more for this owner. */
  take(owner: string, amount: number): boolean {
    const own = this.of(owner);
    const left = this.max - (this.#taken - own);
    if (own + amount > left / 2) return false;
    this.add(owner, amount);
    return true;
  }

  /** Whether this owner has not had all of it, for what is known to be small beside that. */
  hasRoom(owner: string): boolean {
    const own = this.of(owner);
    return own < (this.max - (this.#taken - own)) / 2;
  }

  /** Whether there is room or not. */
  add(owner: string, amount: number): void {
    this.#byOwner.set(owner, this.of(owner) + amount);
    this.#taken += amount;
  }

  of(owner: string): number {
    return this.#byOwner.get(owner) ?? 0;
  }

  /** Of what was never taken, nothing. */
  giveBack(owner: string, amount: number): void {
    const own = this.of(owner);
    const given = Math.min(own, amount);
    if (given < own) this.#byOwner.set(owner, own - given);
    else this.#byOwner.delete(owner);
    this.#taken -= given;
  }
}

export interface WaitingMax {
  readonly count: number;
  /** Of all texts together, in characters. */
  readonly length: number;
}

/** The same of texts that wait: how many there may be, and how long they may be together. */
export class WaitingShares {
  readonly #counts: Shares;
  readonly #lengths: Shares;

  constructor({ count, length }: WaitingMax) {
    this.#counts = new Shares(count);
    this.#lengths = new Shares(length);
  }

  take(owner: string, { length }: { readonly length: number }): boolean {
    if (!this.#counts.take(owner, 1)) return false;
    if (this.#lengths.take(owner, length)) return true;
    this.#counts.giveBack(owner, 1);
    return false;
  }

  giveBack(owner: string, { length }: { readonly length: number }): void {
    this.#counts.giveBack(owner, 1);
    this.#lengths.giveBack(owner, length);
  }
}
