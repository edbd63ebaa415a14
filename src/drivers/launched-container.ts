// A container around a process that runs one of Brisk's own launchers: requests out, answers in, output
// and end watched. What keeps the process from everything else, and how it is taken down, is its
// driver's matter (`Enclosure`).

import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import { AnswerBody } from "./answer-body.ts";
import { OutputReader } from "./output.ts";
import type {
  Answer,
  Answered,
  Container,
  Ended,
  InitRequest,
  OpenBody,
  Output,
  Patience,
  RunRequest,
} from "./port.ts";
import {
  AnswerReader,
  encodeInit,
  encodeRun,
  HEAD_BYTES_MAX,
  PIECE_TEXT_MAX,
  READY_SEQ,
  STATUS_HEAD,
  STATUS_PIECE,
} from "./wire.ts";

/** How a process ended, as Node tells it, and the last of what it wrote to stderr. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errorTail: string;
}

/** What a driver puts around the process. */
export interface Enclosure {
  /** Kills everything inside, without waiting for it. */
  kill(): void;
  wasOutOfMemory(exit: Exit): Promise<boolean>;
  /** Called once, after the process has ended: resolves when nothing is left on the host. */
  remove(): Promise<void>;
}

/** The descriptor in the process on which its launcher speaks. */
export const CONNECTION_FD = 3;

/** A pipe of a child process by its descriptor there: Node's own type ends at four. */
export function findPipe(child: ChildProcess, descriptor: number): Duplex | undefined {
  const pipes: readonly unknown[] = child.stdio;
  return pipes[descriptor] as Duplex | undefined;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly bytesMax: number;
  readonly timer: NodeJS.Timeout;
  readonly openBody?: OpenBody | undefined;
  /** Once the answer is streamed. */
  body?: AnswerBody;
}

/** How long an action may take to end where nobody wants the rest of its answer. */
const UNWANTED_MS_MAX = 1000;
const TIMED_OUT: Answer = { type: "timed-out" };
/**
 * How long a process may take to be gone after its connection is. A dying one closes it first, and its
 * exit status, which tells memory from other causes, must not be lost to a kill of ours.
 */
const DYING_MS_MAX = 200;

export class LaunchedContainer implements Container {
  readonly id: string;
  /** Resolves when the launcher can take `init`; rejects if the process ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #enclosure: Enclosure;
  readonly #connection: Duplex;
  readonly #output: OutputReader;
  readonly #waiting = new Map<number, Waiting>();
  /** What timed out and may still be answered, beside others that run. */
  readonly #givenUp = new Set<number>();
  #seq = READY_SEQ;
  #markReady: () => void = () => {};
  #isEnded = false;
  /** Answers of one read, told apart from an answer that stands alone (`OutputReader.afterRounds`). */
  #answersInRead = 0;

  constructor(id: string, child: ChildProcess, enclosure: Enclosure) {
    this.id = id;
    this.#process = child;
    this.#enclosure = enclosure;
    const connection = findPipe(child, CONNECTION_FD);
    if (!(connection && child.stdout && child.stderr)) {
      throw new Error(`Cannot start ${child.spawnfile}: this process has too many files open`);
    }
    this.#connection = connection;
    const streams = { stdout: child.stdout, stderr: child.stderr, connection: this.#connection };
    this.#output = new OutputReader(streams);
    this.#listen();
    this.ended = new Promise((resolve) => {
      // `error` is a process that could not be started at all.
      child.once("exit", (code, signal) => void this.#end({ code, signal }).then(resolve));
      child.once("error", () => void this.#end({ code: null, signal: null }).then(resolve));
    });
    this.ready = new Promise((resolve, reject) => {
      this.#markReady = resolve;
      void this.ended.then(() => reject(new Error(this.#whyNotReady())));
    });
    // Whoever waits for it sees the rejection; a container that got ready has no one waiting.
    this.ready.catch(() => {});
  }

  init(request: InitRequest, patience: Patience): Promise<Answer> {
    this.#seq += 1;
    return this.#ask(encodeInit(this.#seq, request), patience);
  }

  run(request: RunRequest, patience: Patience, openBody?: OpenBody): Promise<Answer> {
    this.#seq += 1;
    return this.#ask(encodeRun(this.#seq, request), patience, openBody);
  }

  onOutput(listener: ((output: Output) => void) | undefined): void {
    this.#output.listen(listener);
  }

  async destroy(): Promise<void> {
    if (!this.#isEnded) this.#enclosure.kill();
    await this.ended;
  }

  #ask(message: string, patience: Patience, openBody?: OpenBody): Promise<Answer> {
    const seq = this.#seq;
    if (this.#isEnded) return Promise.resolve({ type: "ended", reason: "exited" });
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUp(seq), patience.timeoutMs);
      this.#waiting.set(seq, { resolve, timer, bytesMax: patience.bytesMax, openBody });
      this.#connection.write(message);
    });
  }

  #giveUp(seq: number): void {
    const waiting = this.#waiting.get(seq);
    if (waiting === undefined) return;
    this.#waiting.delete(seq);
    this.#givenUp.add(seq);
    clearTimeout(waiting.timer);
    waiting.body?.cancel();
    this.#output.afterRounds(1, () => waiting.resolve(TIMED_OUT));
  }

  #listen(): void {
    const reader = new AnswerReader({
      bytesMax: (seq, status) => this.#bytesMax(seq, status),
      answer: (seq, answered) => this.#receive(seq, answered),
      announce: (seq, announced) => this.#receiveAnnounced(seq, announced),
      // Tenant code wrote there: nothing that comes from there can be relied on any more.
      malformed: () => this.#enclosure.kill(),
    });
    this.#connection.on("data", (chunk: Buffer) => {
      this.#answersInRead = 0;
      reader.read(chunk);
    });
    // A launcher without its connection cannot be asked any more, even if its process lives on.
    this.#connection.on("close", () => {
      setTimeout(() => {
        if (!this.#isEnded) this.#enclosure.kill();
      }, DYING_MS_MAX).unref();
    });
  }

  #bytesMax(seq: number, status: number): number | undefined {
    if (seq === READY_SEQ || this.#givenUp.has(seq)) return 0;
    const waiting = this.#waiting.get(seq);
    if (status === STATUS_PIECE) return waiting?.body && PIECE_TEXT_MAX;
    if (status === STATUS_HEAD) return waiting?.openBody && HEAD_BYTES_MAX;
    return waiting?.bytesMax;
  }

  #receiveAnnounced(seq: number, { status, body, bytes }: Answered): boolean {
    const waiting = this.#waiting.get(seq);
    // What was given up may still have been on its way.
    if (waiting === undefined) return this.#givenUp.has(seq);
    if (status === STATUS_PIECE)
      return bytes <= PIECE_TEXT_MAX && waiting.body?.take(body) === true;
    if (status !== STATUS_HEAD || bytes > HEAD_BYTES_MAX || waiting.body) return false;
    const sink = waiting.openBody?.(body);
    if (sink === undefined) return false;
    waiting.body = new AnswerBody(seq, sink, {
      send: (message) => this.#connection.write(message),
      unwanted: () => setTimeout(() => this.#giveUp(seq), UNWANTED_MS_MAX).unref(),
    });
    return true;
  }

  #receive(seq: number, answered: Answered): void {
    if (seq === READY_SEQ) {
      this.#markReady();
      return;
    }
    const waiting = this.#waiting.get(seq);
    if (waiting === undefined) {
      this.#givenUp.delete(seq);
      return;
    }
    this.#waiting.delete(seq);
    clearTimeout(waiting.timer);
    waiting.body?.end();
    this.#answersInRead += 1;
    const isAlone = this.#waiting.size === 0 && this.#answersInRead === 1;
    this.#output.afterRounds(isAlone ? 1 : 2, () => waiting.resolve(answered));
  }

  async #end(exit: Pick<Exit, "code" | "signal">): Promise<void> {
    this.#isEnded = true;
    // What it wrote last is still in the sockets.
    await new Promise<void>((resolve) => this.#output.afterRounds(2, resolve));
    const errorTail = this.#output.errorTail;
    // Neither may keep an answer from those who wait, nor end the platform: what could not be removed is
    // swept at the next start.
    const isOutOfMemory = await this.#enclosure
      .wasOutOfMemory({ ...exit, errorTail })
      .catch(() => false);
    const answer: Ended = { type: "ended", reason: isOutOfMemory ? "out-of-memory" : "exited" };
    for (const { resolve, timer, body } of this.#waiting.values()) {
      clearTimeout(timer);
      body?.end();
      resolve(answer);
    }
    this.#waiting.clear();
    await this.#enclosure.remove().catch(() => {});
    this.#output.close();
  }

  #whyNotReady(): string {
    const { exitCode, signalCode, spawnfile } = this.#process;
    const how =
      signalCode ?? (exitCode === null ? "could not be started" : `exited with ${exitCode}`);
    const said = this.#output.errorTail.trim();
    return `${spawnfile}: ${how}${said === "" ? "" : `: ${said}`}`;
  }
}
