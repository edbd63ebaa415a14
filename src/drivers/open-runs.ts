// The requests that a container has not answered, in the order in which it got them. As many as may run at
// a time have begun; each of the others begins when one before it is answered, and its time counts from then.

import { steadyClock } from "../kernel/clock.ts";
import { KB } from "../kernel/units.ts";
import type { AnswerBody } from "./answer-body.ts";
import type { Answer, Begun, NotBegun, Output, Patience, Sinks } from "./port.ts";

export interface OpenRun {
  readonly seq: number;
  readonly patience: Patience;
  readonly sinks: Sinks;
  readonly settle: (outcome: Begun | NotBegun) => void;
  /** Sent before it was known how the one before it ended: it may come back. */
  isAhead: boolean;
  /** It has said so; what others wrote before it is read by then. */
  hasWritten: boolean;
  /** Milliseconds since the epoch; absent before it has begun. */
  beganAt: number | undefined;
  /** The same moment by the steady clock. */
  beganSteadyMs: number;
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
/** Whoever writes so much goes on writing: of one that has ended, this much was read before its answer. */
const HELD_BYTES_MAX: number = 256 * KB;
/** What a piece takes beside its bytes. */
const PIECE_BYTES = 256;

export class OpenRuns {
  readonly #options: OpenRunsOptions;
  readonly #unanswered = new Map<number, OpenRun>();
  /** Those that have begun and are not settled: output may still come of those that are answered. */
  readonly #begun: OpenRun[] = [];
  /** Output that is not known yet to be whose: one may be answered, and the next have begun. */
  readonly #held: Output[] = [];
  #heldBytes = 0;
  /** Timed out, and may still be answered. */
  readonly #givenUp = new Set<number>();
  #watch: NodeJS.Timeout | undefined;
  /** What is behind the one that goes on has been asked back. */
  #isSlow = false;

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
    const { runsMax } = this.#options;
    // What is answered and not settled may have left the container in no state for another.
    run.isAhead = this.#begun.length + this.#givenUp.size >= runsMax;
    const begins = this.#unanswered.size + this.#givenUp.size < runsMax;
    this.#unanswered.set(run.seq, run);
    if (begins) this.#begin(run);
    else this.#watchSlow();
    return !run.isAhead;
  }

  #begin(run: OpenRun): void {
    markBegun(run);
    run.timer = setTimeout(this.#checkTime, run.patience.timeoutMs, run);
    this.#begun.push(run);
  }

  /** Node counts a timer from when the turn began in which it was set: it may be early. */
  readonly #checkTime = (run: OpenRun): void => {
    const leftMs = run.patience.timeoutMs - (steadyClock() - run.beganSteadyMs);
    if (leftMs > 0) run.timer = setTimeout(this.#checkTime, Math.ceil(leftMs), run);
    else this.#options.timedOut(run);
  };

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
      if (steadyClock() - (oldest?.beganSteadyMs ?? 0) < SLOW_MS) {
        this.#watchSlow();
        return;
      }
      this.#isSlow = true;
      this.#options.slow();
    }, SLOW_MS);
  }

  /** What is handed over behind these would only wait, or never begin. */
  get isStuck(): boolean {
    return this.#isSlow || this.#givenUp.size > 0;
  }

  /** It is answered: the next one has begun, or comes back. False where it had not even begun. */
  answered(run: OpenRun): boolean {
    if (run.beganAt === undefined) return false;
    this.#close(run);
    return true;
  }

  #close(run: OpenRun): void {
    this.#unanswered.delete(run.seq);
    clearTimeout(run.timer);
    run.body?.end();
    if (run.beganAt !== undefined) {
      this.#isSlow = false;
      this.#beginNext();
    }
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
    const elapsedMs = Math.floor(steadyClock() - run.beganSteadyMs);
    run.settle({ type: "begun", beganAt: run.beganAt ?? 0, elapsedMs, answer });
  }

  #forget(run: OpenRun): void {
    const at = this.#begun.indexOf(run);
    if (at !== -1) this.#begun.splice(at, 1);
  }

  /** The container says that it has not begun. False where that cannot be: it was not ahead. */
  giveBack(run: OpenRun): boolean {
    if (!run.isAhead) return false;
    this.#forget(run);
    this.#close(run);
    run.settle({ type: "not-begun", goesOn: true });
    return true;
  }

  take(output: Output): void {
    this.#held.push(output);
    this.#heldBytes += output.bytes.length + PIECE_BYTES;
    this.#passHeld();
  }

  /**
   * Behind a run that has written nothing begins, so that its output is known for its own when it has said
   * so. Of what nobody speaks of, as it was not written by the action itself, the last one has it.
   */
  #passHeld(): void {
    const { runsMax } = this.#options;
    const writer = this.#begun.find(({ hasWritten }) => hasWritten);
    const isUnknown = writer === undefined && runsMax === 1 && this.#unanswered.size > 1;
    if (isUnknown && this.#heldBytes <= HELD_BYTES_MAX) return;
    const { sinks } = writer ?? this.#begun.at(-1) ?? NOBODY;
    this.#heldBytes = 0;
    for (const output of this.#held.splice(0)) sinks.output?.(output);
  }

  /** Nothing is answered any more. `isRead`: all that was answered has been read. */
  end(answer: Answer, isRead: boolean): void {
    clearTimeout(this.#watch);
    const left = [...this.#unanswered.values()];
    this.#unanswered.clear();
    this.#passHeld();
    for (const run of left) {
      clearTimeout(run.timer);
      run.body?.end();
      // In doubt it has: nothing runs twice.
      if (!isRead && run.beganAt === undefined) markBegun(run);
      if (run.beganAt === undefined) run.settle({ type: "not-begun", goesOn: false });
      else this.settle(run, answer);
    }
  }
}

function markBegun(run: OpenRun): void {
  run.beganAt = Date.now();
  run.beganSteadyMs = steadyClock();
}
