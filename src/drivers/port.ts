// The container driver: makes, limits, reads the logs of, and destroys one container. It knows
// nothing of activations. Every adapter passes driver.contract.ts.

import type { JsonObject, RawJson } from "../kernel/json.ts";
import type { LargeText } from "../kernel/large-text.ts";

/** How far a container's code is kept from everything else. Said at start, and in every error about it. */
export type Isolation = "none" | "sandbox" | "container";

export interface ContainerSpec {
  readonly kind: string;
  readonly memoryMb: number;
  /** Relative weight among the containers, as cgroup's cpu.shares. */
  readonly cpuShares: number;
  /** Whether it may reach out; where the driver cannot give it, it says so at its own start. */
  readonly network: boolean;
  /** Runs of an action that may go on at a time; above 1 a container takes any number. */
  readonly concurrency: number;
}

/** `/init`'s value (execution-plane specification, 1.2). */
export interface InitRequest {
  readonly name: string;
  readonly main: string;
  readonly binary: boolean;
  readonly code: string | LargeText;
  readonly env: Readonly<Record<string, string>>;
}

/** `/run`'s body (execution-plane specification, 1.3): the arguments as text, and the context. */
export interface RunRequest {
  readonly value: RawJson;
  /** Every key but `value`: `namespace`, `action_name`, `activation_id`, `deadline`, … */
  readonly context: JsonObject;
}

/** What came back: a status as the runtime contract gives it, and a body of at most `bytesMax` bytes. */
export interface Answered {
  readonly type: "answered";
  readonly status: number;
  readonly body: string;
  /** Bytes of the whole body, more than `body` has where it was cut. */
  readonly bytes: number;
}
/** The process ended, or the connection broke, before an answer. */
export interface Ended {
  readonly type: "ended";
  readonly reason: "exited" | "out-of-memory";
}
/** Nothing came within the time. The container is of no further use. */
export interface TimedOut {
  readonly type: "timed-out";
}
export type Answer = Answered | Ended | TimedOut;

/** It has not begun, and never will in that container: it may be run elsewhere. */
export interface NotBegun {
  readonly type: "not-begun";
  /** Whether the container goes on. */
  readonly goesOn: boolean;
}
export interface Begun {
  readonly type: "begun";
  /** Milliseconds since the epoch. */
  readonly beganAt: number;
  /** Whole milliseconds until it ended, also where the clock was set meanwhile. */
  readonly elapsedMs: number;
  readonly answer: Answer;
}

export interface Patience {
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

/** Where the body of a streamed answer goes. */
export interface BodySink {
  /**
   * Resolves when it was taken. A quarter of a megabyte is written without waiting for it; then the
   * action is not asked for more. Never rejects: what nobody wants is taken too.
   */
  write(bytes: Buffer): Promise<void>;
  /** Aborted where nobody wants the rest: the action is told, and has a second to end. */
  readonly unwanted: AbortSignal;
}

/**
 * Asked when a run begins to stream its answer, with the text of the result without its body, which the
 * action's process has written: `undefined` where it is none, which ends the container.
 */
export type OpenBody = (head: string) => BodySink | undefined;

/** One piece of output as it was read. Pieces are not lines: they may end anywhere. */
export interface Output {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Buffer;
  /** Milliseconds since the epoch at which it was read. */
  readonly at: number;
}

/** Where what a run makes goes. Output that nobody takes, also between runs, is thrown away. */
export interface Sinks {
  /**
   * Takes all that was written before the answer. What is written past the runtime, by a child process that
   * outlives its run or to the bare descriptor, may go to a run beside it. Reading goes on at a bounded pace.
   */
  readonly output?: (output: Output) => void;
  /** Without it no answer may be streamed. */
  readonly openBody?: OpenBody;
}

export interface Container {
  readonly id: string;
  /** Once in a container's life. Never rejects for what the code does: that is an `Answer`. */
  init(request: InitRequest, patience: Patience, sinks?: Pick<Sinks, "output">): Promise<Answer>;
  /**
   * What it makes has been passed on when it resolves. Where as many run as may at a time, it begins when
   * those before it have ended, and its time counts from then; it comes back without having begun where
   * what is before it takes long, writes output or does not end well.
   */
  run(request: RunRequest, patience: Patience, sinks?: Sinks): Promise<Begun | NotBegun>;
  /** Whether it is of use to hand it runs ahead. */
  readonly takesAhead: boolean;
  /**
   * Takes the processor from everything in it until it is given something to run, whose time counts from
   * when it has it again. For one that is idle: nothing where something runs in it, and nothing where the
   * driver cannot. What it is connected to finds it silent, and may have closed when it goes on.
   */
  pause(): void;
  /** Nothing more begins in it: what has not begun comes back, what has goes on. */
  retire(): void;
  /** Resolves when the container has ended by itself or was destroyed. */
  readonly ended: Promise<void>;
  /** Kills everything in it and removes what it had on the host. Called again, waits for the same end. */
  destroy(): Promise<void>;
}

export interface ContainerDriver extends AsyncDisposable {
  readonly isolation: Isolation;
  /** What an operator should know, in sentences: what is missing, what that means, how to get it. */
  readonly notices: readonly string[];
  /** The one of the notices that says why containers have no network, where they were to have one. */
  readonly networkTrouble: string | undefined;
  /**
   * Whether `pause` does anything. Where not, as without isolation or without a freezer of control groups,
   * what an action leaves running goes on for as long as its container is kept.
   */
  readonly canPause: boolean;
  /** Resolves when it can take `init`. Rejects if no container can be made. */
  create(spec: ContainerSpec): Promise<Container>;
}
