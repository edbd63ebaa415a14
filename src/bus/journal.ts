// The embedded bus: all topics in one journal in the data directory. Messages stay in memory while
// there is room, and are read back from the journal where there is none.
//
// A message may stand in the journal twice: it is copied forward when the segment in which it stands
// is kept by little else. The later copy holds.

import { Journal } from "../journal/journal.ts";
import type { Frame, Position } from "../journal/segments.ts";
import type { Clock } from "../kernel/clock.ts";
import { type BriskError, failure } from "../kernel/errors.ts";
import { invariant } from "../kernel/invariant.ts";
import type { Payload } from "../kernel/payload.ts";
import { MB, SECOND_MS } from "../kernel/units.ts";
import {
  decodeFrame,
  encodeMark,
  encodeMessage,
  KIND,
  type MessageKind,
} from "./journal-frames.ts";
import { Message, type MessageKeeper } from "./journal-message.ts";
import { JournalRoom } from "./journal-room.ts";
import { JournalSpace } from "./journal-space.ts";
import { Topic } from "./journal-topic.ts";
import type { Bus, Continuing, Following, Fresh, SubscribeOptions } from "./port.ts";

export interface JournalBusOptions {
  readonly directory: string;
  /** New work that is not done, of all topics; as many volatile messages may wait in each topic. */
  readonly messagesMax: number;
  /** Of the journal on disk, where nothing comes of what is accepted. */
  readonly bytesMax: number;
  readonly segmentBytes?: number;
  /** Of messages that are kept in memory too. */
  readonly memoryBytesMax?: number;
  /** Hears where the disk failed: the bus takes nothing more then. */
  readonly broken?: (cause: BriskError) => void;
  readonly clock: Clock;
}

const SEGMENT_BYTES = 16 * MB;
/** What is done goes by the segment, and is to leave most of the bound to what is not. */
const SEGMENTS_MIN = 8;
const MEMORY_BYTES = 64 * MB;
/** When what could not be written, done marks or copies, mostly for want of room, is tried again. */
const RETRY_MS = SECOND_MS;

export function openJournalBus(options: JournalBusOptions): Bus {
  return new JournalBus(options);
}

class JournalBus implements Bus, MessageKeeper {
  readonly #options: JournalBusOptions & { segmentBytes: number; memoryBytesMax: number };
  readonly #journal: Journal;
  readonly #topics = new Map<string, Topic>();
  /** Those in the journal that are not done, by sequence. */
  #messages = new Map<number, Message>();
  readonly #space = new JournalSpace();
  readonly #room: JournalRoom;
  /** Done marks that could not be written. */
  readonly #owed = new Set<number>();
  #retryTimer: NodeJS.Timeout | undefined;
  #sequence = 0;
  #memoryBytes = 0;
  #copying = false;
  #closed = false;

  constructor(options: JournalBusOptions) {
    const segmentBytesMax = Math.min(SEGMENT_BYTES, Math.ceil(options.bytesMax / SEGMENTS_MIN));
    this.#options = { segmentBytes: segmentBytesMax, memoryBytesMax: MEMORY_BYTES, ...options };
    this.#room = new JournalRoom(options);
    const { directory, segmentBytes, broken } = this.#options;
    const journal = { directory, segmentBytes, broken };
    this.#journal = new Journal(journal, (frame) => this.#recover(frame));
    // Copies stand behind what was published after them.
    const sorted = [...this.#messages].sort(([a], [b]) => a - b);
    this.#messages = new Map(sorted);
    for (const [, message] of sorted) message.topic.recover(message);
    this.#tidy();
  }

  #recover(frame: Frame): void {
    const { kind, sequence, message: read } = decodeFrame(frame.payload);
    this.#sequence = Math.max(this.#sequence, sequence);
    const known = this.#messages.get(sequence);
    if (read === undefined) {
      if (known === undefined) return;
      if (kind === KIND.start) known.startedBefore = true;
      else this.#forget(known);
      return;
    }
    if (known !== undefined) this.#forget(known);
    const startedBefore = kind === KIND.startedMessage || known?.startedBefore === true;
    const { publishedAt, owner } = read;
    // The frame is a view of a whole segment, which must not be kept for it.
    const payload = this.#hasMemory ? Buffer.from(read.bytes) : undefined;
    const topic = this.#topic(read.topic);
    const standing = kind === KIND.laterMessage ? "following" : "new";
    const start = {
      sequence,
      topic,
      owner,
      publishedAt,
      payload,
      startedBefore,
      standing,
    } as const;
    this.#keep(new Message(start, this), frame);
  }

  get #hasMemory(): boolean {
    return this.#memoryBytes < this.#options.memoryBytesMax;
  }

  publish(
    topicName: string,
    payload: Payload,
    how: "volatile" | Fresh | Continuing,
  ): Promise<void> {
    const sequence = ++this.#sequence;
    const topic = this.#topic(topicName);
    const publishedAt = this.#options.clock();
    if (how === "volatile") {
      const passing = { sequence, topic, publishedAt, payload, owner: "", standing: how };
      return this.#pass(new Message(passing, this));
    }
    if ("owner" in how) {
      const { owner, keep } = how;
      const fresh = { sequence, topic, publishedAt, payload, owner, standing: "new" } as const;
      return this.#take(new Message(fresh, this), keep);
    }
    const { continues } = how;
    invariant(continues instanceof Message, "it was delivered here");
    const { owner } = continues;
    const start = { sequence, topic, publishedAt, payload, owner, standing: "step" } as const;
    return this.#take(new Message({ ...start, continues }, this), "written");
  }

  publishLater(
    topicName: string,
    payload: Payload,
    { dueAt: publishedAt, owner }: Following,
  ): Promise<void> {
    const sequence = ++this.#sequence;
    const topic = this.#topic(topicName);
    const start = { sequence, topic, publishedAt, payload, owner, standing: "following" } as const;
    return this.#take(new Message(start, this), "durable");
  }

  /** It is kept nowhere. */
  #pass(message: Message): Promise<void> {
    if (this.#closed) return Promise.reject(failure("stopping"));
    const { topic } = message;
    const waiting = topic.waitingCount;
    const isFull = waiting >= this.#options.messagesMax;
    if (isFull) return Promise.reject(failure("bus-full", { waiting }));
    topic.offer(message);
    return RESOLVED;
  }

  #take(message: Message, keep: Fresh["keep"]): Promise<void> {
    if (this.#closed) return Promise.reject(failure("stopping"));
    const occupied = { messages: this.#messages.size, bytes: this.#journal.bytes };
    const cause = this.#room.findFull(message, occupied);
    if (cause !== undefined) return Promise.reject(cause);
    const { topic, payload } = message;
    invariant(payload !== undefined, "what is published has come with its payload");
    this.#keep(message, this.#append(toKind(message), message, payload));
    topic.offer(message);
    if (!this.#hasMemory) this.#swapOut(message);
    if (keep !== "durable") return this.#journal.written();
    return this.#journal.durable().catch((reason: BriskError) => {
      this.#withdraw(message, reason);
      throw reason;
    });
  }

  #append(kind: MessageKind, message: Message, payload: Payload): Position {
    const { sequence, publishedAt, topic, owner } = message;
    const part = Buffer.isBuffer(payload) ? payload : payload.toText();
    const parts = encodeMessage(kind, { sequence, publishedAt, topic, owner, message: part });
    const replaced = message.position;
    return this.#journal.append(parts, (cause) => {
      if (replaced === undefined) this.#lose(message, cause);
      else if (message.gone === undefined) this.#move(message, replaced);
    });
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = new Topic(name, this.#options.clock);
      this.#topics.set(name, topic);
    }
    return topic;
  }

  #keep(message: Message, { segment, offset, length }: Position): void {
    message.position = { segment, offset, length };
    this.#space.add(message.position);
    this.#room.add(message);
    this.#messages.set(message.sequence, message);
    if (message.payload !== undefined) this.#memoryBytes += length;
  }

  /** True where its segment may go. */
  #forget(message: Message): boolean {
    this.#messages.delete(message.sequence);
    this.#swapOut(message);
    this.#room.remove(message);
    return message.position !== undefined && this.#space.remove(message.position);
  }

  #move(message: Message, to: Position): void {
    if (message.position !== undefined) this.#space.remove(message.position);
    message.position = to;
    this.#space.add(to);
  }

  #swapOut(message: Message): void {
    if (message.payload === undefined || message.position === undefined) return;
    this.#memoryBytes -= message.position.length;
    message.payload = undefined;
  }

  read(message: Message): Payload {
    if (message.payload !== undefined) return message.payload;
    invariant(message.position !== undefined, "a volatile message is read before it is done");
    const read = decodeFrame(this.#journal.read(message.position)).message;
    invariant(read !== undefined, "a message's position is that of a message");
    return read.bytes;
  }

  start(message: Message): Promise<void> {
    const { gone, continues } = message;
    if (continues !== undefined) this.#markStarted(continues);
    this.#markStarted(message);
    // Making room for the marks may have shown that the message cannot be written.
    const lost = message.lossCause;
    if (lost !== undefined) return Promise.reject(lost);
    return gone === undefined ? this.#journal.written() : RESOLVED;
  }

  #markStarted(message: Message): void {
    if (message.gone !== undefined || message.position === undefined || message.started) return;
    message.started = true;
    this.#journal.append([encodeMark(KIND.start, message.sequence)], () => {
      message.started = false;
    });
  }

  done(message: Message): void {
    if (message.gone !== undefined) return;
    message.gone = "done";
    if (message.position !== undefined && !this.#closed) this.#markDone(message);
    this.#settle(message);
  }

  /**
   * A started message whose mark is lost in a crash is only asked about: its record is there. One that
   * was done without a start would run.
   */
  #markDone({ sequence, started, startedBefore }: Message): void {
    const mark = [encodeMark(KIND.done, sequence)];
    const undo = () => this.#owe(sequence);
    if (started || startedBefore) this.#journal.appendLazily(mark, undo);
    else this.#journal.append(mark, undo);
  }

  /** It could not be written: nobody was told that it was accepted. */
  #lose(message: Message, cause: BriskError): void {
    if (message.gone !== undefined) return;
    message.gone = cause;
    this.#settle(message);
  }

  /** It is written, but will not be durable: where it has not started, it never will. */
  #withdraw(message: Message, cause: BriskError): void {
    if (message.gone !== undefined || message.started || this.#closed) return;
    this.#lose(message, cause);
    this.#markDone(message);
  }

  #settle(message: Message): void {
    const isSegmentFree = this.#forget(message);
    message.topic.settle(message);
    // No segment need ever be free by itself: each may hold something that stays.
    if (isSegmentFree || this.#isMostlyDead) this.#tidy();
  }

  get #isMostlyDead(): boolean {
    return this.#space.isMostlyDead(this.#journal.bytes, this.#options);
  }

  #owe(sequence: number): void {
    if (this.#closed) return;
    this.#owed.add(sequence);
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.#payOwed();
    }, RETRY_MS).unref();
  }

  #payOwed(): void {
    const owed = [...this.#owed];
    this.#owed.clear();
    for (const sequence of owed) {
      this.#journal.append([encodeMark(KIND.done, sequence)], () => this.#owe(sequence));
    }
  }

  /**
   * Drops segments that hold nothing alive, from the oldest on: a mark must not go before the message
   * that it is about. What little keeps an old segment is copied forward.
   */
  #tidy(): void {
    if (this.#copying || this.#closed) return;
    for (const segment of [...this.#journal.closedSegments]) {
      if (this.#space.isLive(segment)) {
        if (this.#isMostlyDead) this.#vacate(segment);
        return;
      }
      this.#journal.drop(segment);
    }
  }

  #vacate(segment: number): void {
    this.#copying = true;
    const end = () => {
      this.#copying = false;
      this.#tidy();
    };
    // Where the copies cannot be kept, the old ones hold, and the segment stays until then.
    this.#copyForward(segment).then(end, () => setTimeout(end, RETRY_MS).unref());
  }

  async #copyForward(segment: number): Promise<void> {
    const staying = [...this.#messages.values()].filter((m) => m.position?.segment === segment);
    for (const message of staying) {
      this.#move(message, this.#append(toKind(message), message, this.read(message)));
    }
    await this.#journal.durable();
  }

  subscribe(options: SubscribeOptions): AsyncDisposable {
    const topic = this.#topic(options.topic);
    topic.subscribe(options);
    return { [Symbol.asyncDispose]: async () => topic.unsubscribe() };
  }

  *unfinished(): Iterable<Payload> {
    for (const message of this.#messages.values()) yield this.read(message);
  }

  waiting(topicName: string): number {
    return this.#topic(topicName).count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    for (const topic of this.#topics.values()) topic.close();
    this.#payOwed();
    await this.#journal[Symbol.asyncDispose]();
  }
}

function toKind({ started, startedBefore, later }: Message): MessageKind {
  if (started || startedBefore) return KIND.startedMessage;
  return later ? KIND.laterMessage : KIND.message;
}

const RESOLVED: Promise<void> = Promise.resolve();
