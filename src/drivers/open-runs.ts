// The requests that a container has not answered, in the order in which it got them. As many as may run at
// a time have begun; each of the others begins when one before it is answered, and its time counts from then.

import type { AnswerBody } from "./answer-body.ts";
import type { Answer, Begun, NotBegun, Output, Patience, Sinks } from "./port.ts";

export interface OpenRun {
  readonly seq: number;
  readonly patience: Patience;
  readonly sinks: Sinks;
  readonly settle: (outcome: Begun | NotBegun) => void;
  /** Sent before those before it were answered. */
  isAhead: boolean;
  /** It has said so; what others wrote before it is read by then. */
  hasWritten: boolean;
  /** Milliseconds since the epoch; absent before it has begun. */
  beganAt: number | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Once the answer is streamed. */
  body: AnswerBody | undefined;
}

export interface OpenRunsOptions {
  readonly runsMax: number;
  readonly timedOut: (run: OpenRun) => void;
  /** The run that goes on takes so long that those behind it should be had back. */
  readonly slow: () => void;
}

const NOBODY: Pick<OpenRun, "sinks"> = { sinks: {} };
/** How long a run may keep others waiting that were handed over behind it, in ms. */
const SLOW_MS = 20;

export class OpenRuns {
  readonly #options: OpenRunsOptions;
  readonly #unanswered = new Map<number, OpenRun>();
  /** Those that have begun and are not settled: output may still come of those that are answered. */
  readonly #begun: OpenRun[] = [];
  /** Output that is not known yet to be whose: one may be answered, and the next have begun. */
  readonly #held: Output[] = [];
  /** Timed out, and may still be answered. */
  readonly #givenUp = new Set<number>();
  #watch: NodeJS.Timeout | undefined;

  constructor(options: OpenRunsOptions) {
    this.#options = options;
  }

  /** Those that are not answered. */
  get size(): number {
    return this.#unanswered.size;
  }

  get(seq: number): OpenRun | undefined {
    return this.#unanswered.get(seq);
  }

  isGivenUp(seq: number): boolean {
    return this.#givenUp.has(seq);
  }

  /** False where it is ahead. */
  add(run: OpenRun): boolean {
    run.isAhead = this.#unanswered.size + this.#givenUp.size >= this.#options.runsMax;
    this.#unanswered.set(run.seq, run);
    if (run.isAhead) this.#watchSlow();
    else this.#begin(run);
    return !run.isAhead;
  }

  #begin(run: OpenRun): void {
    run.beganAt = Date.now();
    run.timer = setTimeout(this.#options.timedOut, run.patience.timeoutMs, run);
    this.#begun.push(run);
  }

  #beginNext(): void {
    for (const run of this.#unanswered.values()) {
      if (run.beganAt !== undefined) continue;
      this.#begin(run);
      return;
    }
  }

  #watchSlow(): void {
    this.#watch ??= setTimeout(() => {
      this.#watch = undefined;
      if (!this.hasUnbegun) return;
      const [oldest] = this.#unanswered.values();
      if (Date.now() - (oldest?.beganAt ?? 0) >= SLOW_MS) this.#options.slow();
      else this.#watchSlow();
    }, SLOW_MS);
  }

  /** It is answered: the next one has begun, or comes back. */
  answered(run: OpenRun): void {
    this.#unanswered.delete(run.seq);
    clearTimeout(run.timer);
    run.body?.end();
    this.#beginNext();
    if (this.#held.length > 0) this.#passHeld();
  }

  /** For an answer to what is not waited for any more. */
  answeredLate(seq: number): void {
    if (this.#givenUp.delete(seq)) this.#beginNext();
  }

  get hasUnbegun(): boolean {
    for (const { beganAt } of this.#unanswered.values()) if (beganAt === undefined) return true;
    return false;
  }

  /** Nobody waits for its answer any more; false where it has one. What is behind it begins when that comes. */
  giveUp(run: OpenRun): boolean {
    if (!this.#unanswered.delete(run.seq)) return false;
    this.#givenUp.add(run.seq);
    clearTimeout(run.timer);
    run.body?.cancel();
    return true;
  }

  settle(run: OpenRun, answer: Answer): void {
    this.#forget(run);
    run.settle({ type: "begun", beganAt: run.beganAt ?? 0, answer });
  }

  #forget(run: OpenRun): void {
    const at = this.#begun.indexOf(run);
    if (at !== -1) this.#begun.splice(at, 1);
  }

  /** The container says that it has not begun. False where that cannot be: it was not ahead. */
  giveBack(run: OpenRun): boolean {
    if (!run.isAhead) return false;
    this.#forget(run);
    this.answered(run);
    run.settle({ type: "not-begun", goesOn: true });
    return true;
  }

  take(output: Output): void {
    this.#held.push(output);
    this.#passHeld();
  }

  /**
   * Behind a run that has written nothing begins, so that its output is known for its own when it has said
   * so. Of what nobody speaks of, as it was not written by the action itself, the last one has it.
   */
  #passHeld(): void {
    const { runsMax } = this.#options;
    const writer = this.#begun.find(({ hasWritten }) => hasWritten);
    if (writer === undefined && runsMax === 1 && this.#unanswered.size > 1) return;
    const { sinks } = writer ?? this.#begun.at(-1) ?? NOBODY;
    for (const output of this.#held.splice(0)) sinks.output?.(output);
  }

  /** Nothing is answered any more. */
  end(answer: Answer): void {
    clearTimeout(this.#watch);
    const left = [...this.#unanswered.values()];
    this.#unanswered.clear();
    this.#passHeld();
    for (const run of left) {
      clearTimeout(run.timer);
      run.body?.end();
      if (run.beganAt === undefined) run.settle({ type: "not-begun", goesOn: false });
      else this.settle(run, answer);
    }
  }
}
