// Work of one key goes one after the other, or so many at a time; that of different keys side by side.
// What writes several documents of a namespace takes its turn, so that in one process nobody meets a
// conflict; between processes the documents' revisions decide, and the second one hears of it. What one
// tenant has a lot of goes a few at a time, so that another's meets no more than these.

interface Lane {
  running: number;
  /** Each begins the next work. */
  readonly waiting: (() => void)[];
}

export class Turns {
  readonly #runningMax: number;
  readonly #lanes = new Map<string, Lane>();

  /** `runningMax`: of each key at a time. */
  constructor(runningMax = 1) {
    this.#runningMax = runningMax;
  }

  /** What `work` comes to, begun when enough of what came before it for this key has ended. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#enter(key);
    if (lane.running < this.#runningMax) lane.running++;
    else await new Promise<void>((begin) => lane.waiting.push(begin));
    try {
      return await work();
    } finally {
      this.#leave(key, lane);
    }
  }

  #enter(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { running: 0, waiting: [] };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /** The next one takes its place, which is never free between them. */
  #leave(key: string, lane: Lane): void {
    const begin = lane.waiting.shift();
    if (begin !== undefined) begin();
    else if (--lane.running === 0) this.#lanes.delete(key);
  }
}
