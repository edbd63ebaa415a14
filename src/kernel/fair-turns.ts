// Large work, of which one piece at a time is enough: whose turn is next goes round among those who
// wait, so that who has one piece waits for one of each other's, however many they have. How much may
// wait is bounded by whoever asks.

export class FairTurns {
  /** In the order of their next turns. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #isBusy = false;

  /** What `work` comes to, begun when it is the turn of that owner's. */
  take<T>(owner: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const own = this.#waiting.get(owner) ?? [];
      own.push(() => work().then(resolve, reject));
      this.#waiting.set(owner, own);
      if (!this.#isBusy) this.#begin();
    });
  }

  #begin(): void {
    const [next] = this.#waiting;
    this.#isBusy = next !== undefined;
    if (next === undefined) return;
    const [owner, own] = next;
    const work = own.shift();
    this.#waiting.delete(owner);
    if (own.length > 0) this.#waiting.set(owner, own);
    void work?.().finally(() => this.#begin());
  }
}
