// Work of one key goes one after the other, that of different keys side by side. What writes several
// documents of a namespace takes its turn, so that in one process nobody meets a conflict; between
// processes the documents' revisions decide, and the second one hears of it.

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** What `work` comes to, begun when all that came before it for this key has ended. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = before.then(work, work);
    this.#last.set(key, done);
    const leave = () => {
      if (this.#last.get(key) === done) this.#last.delete(key);
    };
    done.then(leave, leave);
    return done;
  }
}
