// The bus: durable, ordered messages between controllers and invokers. It does not know what is in
// them. Every adapter passes bus.contract.ts.

import type { Payload } from "../kernel/payload.ts";

/**
 * How a message is kept when `publish` resolves.
 *
 * - `volatile`: in memory; lost with the process. For answers to somebody who waits in it.
 * - `written`: survives `kill -9` of the process, once this turn of the event loop has ended.
 * - `durable`: survives loss of power.
 */
export type Keep = "volatile" | "written" | "durable";

/** Work that is new to the bus, and takes of its owner's share of the room. */
export interface Fresh {
  readonly keep: Exclude<Keep, "volatile">;
  /** Whoever it is done for, in up to 255 characters of ASCII. */
  readonly owner: string;
}

/**
 * Keeps a step of what was delivered before as `written`, and is its owner's. There is room for one such
 * message for each other one, so that what is accepted goes on where nothing more is. What it is a step of
 * has not started before its first step has, and has started once that has.
 */
export interface Continuing {
  readonly continues: Delivery;
}

/**
 * One message on its way to a subscriber.
 *
 *     published ──deliver──▶ waiting ──start──▶ started ──done──▶ gone
 *                               └────────────────done─────────────▶ gone
 *
 * What is not gone when the process ends is delivered again at the next subscription, in order.
 */
export interface Delivery {
  /** What was published, or its bytes. */
  readonly message: Payload;
  /** Milliseconds since the epoch; of a message that was to wait, when it was due. */
  readonly publishedAt: number;
  /** `start` had been called by an earlier process: it may have been worked on, and must not be again. */
  readonly startedBefore: boolean;
  /** `start` was called, here, or for a step of it. */
  readonly started: boolean;
  /** What it is a step of. Absent where that is, or was, delivered to another process. */
  readonly continues: Delivery | undefined;
  /** It, or what it is a step of, could not be kept, and whoever published it was told so: it is no work any more. */
  readonly lost: boolean;
  /** Resolves once the mark survives `kill -9`; only then may the work begin. Rejects if it cannot be kept. */
  start(): Promise<void>;
  /** Settled for good. Called twice, the second is ignored. */
  done(): void;
}

/** What follows a message that is done next. */
export interface Following {
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
  /** Whoever its steps are done for. */
  readonly owner: string;
}

export interface SubscribeOptions {
  readonly topic: string;
  /** Called synchronously, in the order of publishing, never more than `inFlightMax` undone at a time. */
  readonly deliver: (delivery: Delivery) => void;
  /** Beyond it messages wait on the bus. */
  readonly inFlightMax: number;
}

export interface Bus extends AsyncDisposable {
  /**
   * Rejects with `too-many-waiting` where its owner has had his share, half of what the others leave, and
   * with `bus-full` beyond the bound of all; with `storage-full` or `storage-failed` where it cannot be
   * kept; then the message will not be delivered, or what was delivered cannot be started.
   */
  publish(topic: string, message: Payload, how: "volatile" | Fresh | Continuing): Promise<void>;
  /**
   * The same, durably: it is delivered from `dueAt` on, behind what waits then. Of no share: there is room
   * for one for each other message, as for its steps, so that what is accepted comes to its end where nothing
   * more is.
   */
  publishLater(topic: string, message: Payload, following: Following): Promise<void>;
  /** One subscriber a topic. Messages published before are delivered first. */
  subscribe(options: SubscribeOptions): AsyncDisposable;
  /** Messages of all topics that are not done, volatile ones left out: for whoever looks after a crash. */
  unfinished(): Iterable<Payload>;
  /** Messages of a topic that are not done, also those that are not due yet. */
  waiting(topic: string): number;
}
