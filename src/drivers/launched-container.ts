// A container around a process that runs one of Brisk's own launchers: requests out, answers in, output
// and end watched. What keeps the process from everything else, and how it is taken down, is its
// driver's matter (`Enclosure`).

import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import { AnswerBody } from "./answer-body.ts";
import { Connection } from "./connection.ts";
import { type OpenRun, OpenRuns } from "./open-runs.ts";
import { OutputReader } from "./output.ts";
import type {
  Answer,
  Answered,
  Begun,
  Container,
  ContainerSpec,
  Ended,
  InitRequest,
  NotBegun,
  Patience,
  RunRequest,
  Sinks,
} from "./port.ts";
import {
  AnswerReader,
  encodeInit,
  encodeRun,
  encodeRunAhead,
  GIVE_BACK,
  HEAD_BYTES_MAX,
  NOT_BEGUN_OUTPUT,
  PIECE_TEXT_MAX,
  READY_SEQ,
  STATUS_HEAD,
  STATUS_NOT_BEGUN,
  STATUS_PIECE,
  STATUS_WROTE,
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
  /** False where everything in it goes on. */
  pause(): boolean;
  /** After a pause: everything in it goes on, or is killed where that cannot be had. */
  resume(): void;
  wasOutOfMemory(exit: Exit): Promise<boolean>;
  /** Called once, after the process has ended: resolves when nothing is left on the host. */
  remove(): Promise<void>;
}

/** As the launcher has it: one run at a time, or any number of them. */
export function toRunsMax({ concurrency }: Pick<ContainerSpec, "concurrency">): number {
  return concurrency > 1 ? Number.POSITIVE_INFINITY : 1;
}

/** The descriptor in the process on which its launcher speaks. */
export const CONNECTION_FD = 3;

/** A pipe of a child process by its descriptor there: Node's own type ends at four. */
export function findPipe(child: ChildProcess, descriptor: number): Duplex | undefined {
  // There are none where the process could not even be asked for.
  const pipes: readonly unknown[] | undefined = child.stdio;
  return pipes?.[descriptor] as Duplex | undefined;
}

/** How long an action may take to end where nobody wants the rest of its answer. */
const UNWANTED_MS_MAX = 1000;
const TIMED_OUT: Answer = { type: "timed-out" };
const EXITED: Answer = { type: "ended", reason: "exited" };
/**
 * How long a process may take to be gone after its connection is. A dying one closes it first, and its
 * exit status, which tells memory from other causes, must not be lost to a kill of ours.
 */
const DYING_MS_MAX = 200;

interface Answering {
  readonly run: OpenRun;
  readonly answered: Answered;
}

export interface Launched {
  readonly id: string;
  /** Runs that it takes at a time; the others wait in it. */
  readonly runsMax: number;
  readonly enclosure: Enclosure;
}

export class LaunchedContainer implements Container {
  readonly id: string;
  /** Resolves when the launcher can take `init`; rejects if the process ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #enclosure: Enclosure;
  readonly #connection: Connection;
  readonly #output: OutputReader;
  readonly #runs: OpenRuns;
  readonly #isForOne: boolean;
  #seq = READY_SEQ;
  /** Whose output is whose is only known where one run's is read before the next one begins. */
  #hasWritten = false;
  #markReady: () => void = () => {};
  #isEnded = false;
  #isRetired = false;
  #isPaused = false;
  /** Answers of one read. */
  #read: Answering[] = [];

  constructor({ id, runsMax, enclosure }: Launched, child: ChildProcess) {
    this.id = id;
    this.#process = child;
    this.#enclosure = enclosure;
    const connection = findPipe(child, CONNECTION_FD);
    if (!(connection && child.stdout && child.stderr)) {
      // It tells so once more, later, and to nobody: that would end the platform.
      child.once("error", () => {});
      throw new Error(`Cannot start ${child.spawnfile}: this process has too many files open`);
    }
    this.#output = new OutputReader({ stdout: child.stdout, stderr: child.stderr, connection });
    this.#connection = this.#listen(connection);
    this.#isForOne = runsMax === 1;
    this.#runs = new OpenRuns({
      runsMax,
      timedOut: (run) => this.#giveUp(run),
      slow: () => this.#connection.send(GIVE_BACK),
    });
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

  init(request: InitRequest, patience: Patience, sinks: Sinks = {}): Promise<Answer> {
    if (this.#isPaused) this.#resume();
    if (this.#isEnded) return Promise.resolve(EXITED);
    return new Promise((resolve) => {
      const run = this.#open({ patience, sinks }, (outcome) =>
        resolve(outcome.type === "begun" ? outcome.answer : EXITED),
      );
      this.#runs.add(run);
      for (const piece of encodeInit(run.seq, request)) this.#connection.send(piece);
    });
  }

  run(request: RunRequest, patience: Patience, sinks: Sinks = {}): Promise<Begun | NotBegun> {
    if (this.#isPaused) this.#resume();
    if (this.#isEnded) return Promise.resolve({ type: "not-begun", goesOn: false });
    if (this.#isRetired) return Promise.resolve({ type: "not-begun", goesOn: true });
    return new Promise((settle) => {
      const run = this.#open({ patience, sinks }, settle);
      const encode = this.#runs.add(run) ? encodeRun : encodeRunAhead;
      this.#connection.send(encode(run.seq, request));
    });
  }

  #open(how: Pick<OpenRun, "patience" | "sinks">, settle: OpenRun["settle"]): OpenRun {
    this.#seq += 1;
    return {
      seq: this.#seq,
      ...how,
      settle,
      isAhead: false,
      hasWritten: false,
      beganAt: undefined,
      beganSteadyMs: 0,
      timer: undefined,
      body: undefined,
    };
  }

  pause(): void {
    if (this.#isPaused || this.#isEnded || this.#runs.size > 0) return;
    this.#isPaused = this.#enclosure.pause();
  }

  #resume(): void {
    this.#isPaused = false;
    this.#enclosure.resume();
  }

  retire(): void {
    this.#isRetired = true;
    if (!this.#isEnded) this.#connection.send(GIVE_BACK);
  }

  get takesAhead(): boolean {
    return !this.#hasWritten && !this.#isEnded && !this.#runs.isStuck;
  }

  async destroy(): Promise<void> {
    if (!this.#isEnded) this.#enclosure.kill();
    await this.ended;
  }

  #giveUp(run: OpenRun): void {
    // All that it has written is read first; and its answer, which may only not have been read in time.
    this.#output.afterRounds(1, () => {
      if (!this.#runs.giveUp(run)) return;
      // What was handed over behind it must not begin if it ends after all, and waits for nothing if not.
      if (this.#isForOne) this.#enclosure.kill();
      this.#runs.settle(run, TIMED_OUT);
    });
  }

  #listen(socket: Duplex): Connection {
    this.#output.listen((output) => {
      this.#hasWritten = true;
      this.#runs.take(output);
    });
    const reader = new AnswerReader({
      bytesMax: (seq, status) => this.#bytesMax(seq, status),
      answer: (seq, answered) => this.#receive(seq, answered),
      announce: (seq, announced) => this.#receiveAnnounced(seq, announced),
      // Tenant code wrote there: nothing that comes from there can be relied on any more.
      malformed: () => this.#enclosure.kill(),
    });
    // A launcher without its connection cannot be asked any more, even if its process lives on.
    socket.on("close", () => {
      setTimeout(() => {
        if (!this.#isEnded) this.#enclosure.kill();
      }, DYING_MS_MAX).unref();
    });
    return new Connection(socket, (chunk) => {
      reader.read(chunk);
      if (this.#read.length > 0) this.#settleRead();
    });
  }

  #bytesMax(seq: number, status: number): number | undefined {
    if (seq === READY_SEQ || this.#runs.isGivenUp(seq)) return 0;
    const run = this.#runs.get(seq);
    if (status === STATUS_WROTE) return run && 0;
    if (status === STATUS_PIECE) return run?.body && PIECE_TEXT_MAX;
    if (status === STATUS_HEAD) return run?.sinks.openBody && HEAD_BYTES_MAX;
    return run?.patience.bytesMax;
  }

  #receiveAnnounced(seq: number, { status, body, bytes }: Answered): boolean {
    const run = this.#runs.get(seq);
    // What was given up may still have been on its way.
    if (run === undefined) return this.#runs.isGivenUp(seq);
    if (status === STATUS_WROTE) {
      run.hasWritten = true;
      this.#hasWritten = true;
      return true;
    }
    if (status === STATUS_PIECE) return bytes <= PIECE_TEXT_MAX && run.body?.take(body) === true;
    if (status !== STATUS_HEAD || bytes > HEAD_BYTES_MAX || run.body) return false;
    const sink = run.sinks.openBody?.(body);
    if (sink === undefined) return false;
    run.body = new AnswerBody(seq, sink, {
      send: (message) => this.#connection.send(message),
      unwanted: () => setTimeout(() => this.#giveUp(run), UNWANTED_MS_MAX).unref(),
    });
    return true;
  }

  #receive(seq: number, answered: Answered): void {
    if (seq === READY_SEQ) {
      this.#markReady();
      return;
    }
    const run = this.#runs.get(seq);
    if (run === undefined) {
      this.#runs.answeredLate(seq);
    } else if (answered.status === STATUS_NOT_BEGUN) {
      this.#hasWritten ||= answered.body === NOT_BEGUN_OUTPUT;
      // What was sent alone has begun, and cannot be told to be run elsewhere.
      if (!this.#runs.giveBack(run)) this.#enclosure.kill();
    } else if (this.#runs.answered(run)) {
      this.#read.push({ run, answered });
    } else {
      this.#enclosure.kill();
    }
  }

  #settleRead(): void {
    const read = this.#read;
    this.#read = [];
    const isAlone = this.#runs.size === 0 && read.length === 1;
    const hasWritten = read.some(({ run }) => run.hasWritten);
    this.#output.afterRounds(isAlone && !hasWritten ? 1 : 2, () => {
      for (const { run, answered } of read) this.#runs.settle(run, answered);
    });
  }

  async #end(exit: Pick<Exit, "code" | "signal">): Promise<void> {
    this.#isEnded = true;
    // What it wrote last is still in the sockets.
    await new Promise<void>((resolve) => this.#output.afterRounds(2, resolve));
    const isRead = await this.#connection.readToEnd(DYING_MS_MAX);
    const errorTail = this.#output.errorTail;
    // Neither may keep an answer from those who wait, nor end the platform: what could not be removed is
    // swept at the next start.
    const isOutOfMemory = await this.#enclosure
      .wasOutOfMemory({ ...exit, errorTail })
      .catch(() => false);
    const answer: Ended = { type: "ended", reason: isOutOfMemory ? "out-of-memory" : "exited" };
    this.#runs.end(answer, isRead);
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
