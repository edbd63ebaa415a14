// One message of the journal bus: what is known of it until it is done, and the delivery that its
// subscriber sees. What its steps mean to the journal is the bus's.

import type { Position } from "../journal/segments.ts";
import type { BriskError } from "../kernel/errors.ts";
import type { Payload } from "../kernel/payload.ts";
import type { Topic } from "./journal-topic.ts";
import type { Delivery } from "./port.ts";

/** What a message's subscriber asks of the bus. */
export interface MessageKeeper {
  read(message: Message): Payload;
  start(message: Message): Promise<void>;
  done(message: Message): void;
}

/**
 * What its room is: that of new work, of a step of what was accepted, of what follows it, or none, as it
 * is not kept. After a crash it is not known any more which new work was a step.
 */
type Standing = "new" | "step" | "following" | "volatile";

interface MessageStart {
  readonly sequence: number;
  readonly topic: Topic;
  readonly owner: string;
  readonly publishedAt: number;
  readonly payload: Payload | undefined;
  readonly standing: Standing;
  readonly startedBefore?: boolean;
  readonly continues?: Message;
}

/**
 *     not due ─▶ waiting ─▶ delivered ─▶ started ─▶ done
 *        └──────────┴──────────┴──▶ lost, where it cannot be kept
 */
export class Message implements Delivery {
  readonly sequence: number;
  readonly topic: Topic;
  readonly owner: string;
  /** Milliseconds since the epoch; where it is a later one, when it is due. */
  readonly publishedAt: number;
  readonly standing: Standing;
  startedBefore: boolean;
  readonly continues: Message | undefined;
  /** Absent where it is to be read from the journal. */
  payload: Payload | undefined;
  /** Absent for a volatile message. */
  position: Position | undefined = undefined;
  delivered = false;
  started = false;
  /** Done, or why it could not be kept. */
  gone: "done" | BriskError | undefined = undefined;
  readonly #keeper: MessageKeeper;

  constructor(start: MessageStart, keeper: MessageKeeper) {
    this.sequence = start.sequence;
    this.topic = start.topic;
    this.owner = start.owner;
    this.publishedAt = start.publishedAt;
    this.standing = start.standing;
    this.payload = start.payload;
    this.startedBefore = start.startedBefore === true;
    this.continues = start.continues;
    this.#keeper = keeper;
  }

  get later(): boolean {
    return this.standing === "following";
  }

  get message(): Payload {
    return this.#keeper.read(this);
  }

  get lost(): boolean {
    return this.lossCause !== undefined;
  }

  get lossCause(): BriskError | undefined {
    const { gone } = this;
    return gone === undefined || gone === "done" ? this.continues?.lossCause : gone;
  }

  start(): Promise<void> {
    return this.#keeper.start(this);
  }

  done(): void {
    this.#keeper.done(this);
  }
}
