// The embedded bus: all topics in one journal in the data directory. Its messages stay in memory while
// there is room, and are read back from the journal where there is none.
//
//     frame   1 byte kind, 6 bytes sequence; for messages also 6 bytes time, 1 byte length of the
//             topic, topic, message
//
// A message may stand in the journal twice: it is copied forward when the segment in which it stands
// is kept by little else. The later copy holds.

import { Journal } from "../journal/journal.ts";
import type { Frame, Position } from "../journal/segments.ts";
import type { Clock } from "../kernel/clock.ts";
import type { BriskError } from "../kernel/errors.ts";
import { failure } from "../kernel/errors.ts";
import { MB } from "../kernel/units.ts";
import { decodeFrame, encodeMark, encodeMessage, KIND } from "./journal-frames.ts";
import type { Bus, Delivery, Keep, SubscribeOptions } from "./port.ts";

export interface JournalBusOptions {
  readonly directory: string;
  /** Messages that are not done, of all topics. */
  readonly messagesMax: number;
  /** Of the journal on disk. */
  readonly bytesMax: number;
  readonly clock: Clock;
}

const SEGMENT_BYTES = 16 * MB;
/** Messages that are kept in memory; what is beyond is read from the journal when its turn comes. */
const MEMORY_BYTES = 64 * MB;
/** Messages handed over in one turn where many wait, so that others get their turn too. */
const DELIVERED_AT_ONCE = 256;

interface Entry {
  readonly sequence: number;
  readonly topic: Topic;
  readonly publishedAt: number;
  /** Absent for a volatile message. */
  position: Position | undefined;
  /** Absent where it is to be read from the journal. */
  message: Buffer | undefined;
  startedBefore: boolean;
  started: boolean;
  /** Settled, or lost before it was kept. */
  gone: BriskError | true | undefined;
  delivered: boolean;
}

interface Topic {
  readonly name: string;
  /** Not delivered yet. */
  readonly waiting: Set<Entry>;
  /** Delivered and not done. */
  inFlight: number;
  subscriber: SubscribeOptions | undefined;
  pumping: boolean;
}

export function openJournalBus(options: JournalBusOptions): Bus {
  return new JournalBus(options);
}

class JournalBus implements Bus {
  readonly #options: JournalBusOptions;
  readonly #journal: Journal;
  readonly #topics = new Map<string, Topic>();
  readonly #entries = new Map<number, Entry>();
  /** Messages not done, and their bytes, by segment. */
  readonly #live = new Map<number, { entries: Set<Entry>; bytes: number }>();
  #sequence = 0;
  #memoryBytes = 0;
  /** The segment to which the last message went. */
  #segment = 0;
  #copying = false;
  #closed = false;

  constructor(options: JournalBusOptions) {
    this.#options = options;
    this.#journal = new Journal(
      { directory: options.directory, segmentBytes: SEGMENT_BYTES },
      (frame) => this.#recover(frame),
    );
    for (const entry of this.#entries.values()) {
      entry.topic.waiting.add(entry);
      if (this.#memoryBytes > MEMORY_BYTES) entry.message = undefined;
      else this.#memoryBytes += entry.message?.length ?? 0;
    }
    this.#tidy();
  }

  #recover(frame: Frame): void {
    const { kind, sequence, message } = decodeFrame(frame.payload);
    this.#sequence = Math.max(this.#sequence, sequence);
    const known = this.#entries.get(sequence);
    if (message !== undefined) {
      if (known !== undefined) this.#unlink(known);
      const startedBefore = kind === KIND.startedMessage || known?.startedBefore === true;
      const entry = createEntry(sequence, this.#topic(message.topic), message.publishedAt);
      entry.startedBefore = startedBefore;
      entry.message = Buffer.from(message.bytes);
      this.#link(entry, frame);
    } else if (known !== undefined && kind === KIND.start) {
      known.startedBefore = true;
    } else if (known !== undefined) {
      this.#unlink(known);
    }
  }

  publish(topicName: string, message: Buffer, keep: Keep): Promise<void> {
    if (this.#closed) return Promise.reject(failure("stopping"));
    const topic = this.#topic(topicName);
    const waiting = this.#entries.size;
    const entry = createEntry(++this.#sequence, topic, this.#options.clock());
    entry.message = message;
    if (keep === "volatile") {
      this.#offer(entry);
      return RESOLVED;
    }
    if (waiting >= this.#options.messagesMax || this.#journal.bytes > this.#options.bytesMax) {
      return Promise.reject(failure("bus-full", { waiting }));
    }
    const position = this.#journal.append(
      encodeMessage(KIND.message, { ...entry, message }),
      (cause) => this.#lose(entry, cause),
    );
    this.#link(entry, position);
    this.#memoryBytes += message.length;
    if (position.segment !== this.#segment) {
      this.#segment = position.segment;
      this.#tidy();
    }
    this.#offer(entry);
    return keep === "written" ? this.#journal.written() : this.#journal.durable();
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { name, waiting: new Set(), inFlight: 0, subscriber: undefined, pumping: false };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  #link(entry: Entry, { segment, offset, length }: Position): void {
    entry.position = { segment, offset, length };
    this.#entries.set(entry.sequence, entry);
    let live = this.#live.get(segment);
    if (live === undefined) {
      live = { entries: new Set(), bytes: 0 };
      this.#live.set(segment, live);
    }
    live.entries.add(entry);
    live.bytes += length;
  }

  #unlink(entry: Entry): void {
    this.#entries.delete(entry.sequence);
    if (entry.position === undefined) return;
    const { segment, length } = entry.position;
    const live = this.#live.get(segment);
    if (live === undefined) return;
    live.entries.delete(entry);
    live.bytes -= length;
    if (live.entries.size === 0) this.#live.delete(segment);
  }

  /** At once where nothing stands before it: so its message and its start mark are one write. */
  #offer(entry: Entry): void {
    const { topic } = entry;
    const { subscriber } = topic;
    const free = subscriber !== undefined && topic.inFlight < subscriber.inFlightMax;
    if (free && topic.waiting.size === 0) {
      this.#deliver(entry, subscriber);
    } else {
      topic.waiting.add(entry);
      if (free) this.#pump(topic);
    }
    if (this.#memoryBytes > MEMORY_BYTES && entry.position !== undefined) this.#swapOut(entry);
  }

  #swapOut(entry: Entry): void {
    this.#memoryBytes -= entry.message?.length ?? 0;
    entry.message = undefined;
  }

  #deliver(entry: Entry, subscriber: SubscribeOptions): void {
    entry.topic.inFlight++;
    entry.delivered = true;
    subscriber.deliver(this.#toDelivery(entry));
  }

  #toDelivery(entry: Entry): Delivery {
    const read = () => this.#read(entry);
    return {
      get message() {
        return read();
      },
      publishedAt: entry.publishedAt,
      startedBefore: entry.startedBefore,
      get lost() {
        return entry.gone !== undefined && entry.gone !== true;
      },
      start: () => this.#start(entry),
      done: () => this.#done(entry),
    };
  }

  #read(entry: Entry): Buffer {
    if (entry.message !== undefined || entry.position === undefined) {
      return entry.message ?? EMPTY;
    }
    return decodeFrame(this.#journal.read(entry.position)).message?.bytes ?? EMPTY;
  }

  #start(entry: Entry): Promise<void> {
    if (entry.gone !== undefined && entry.gone !== true) return Promise.reject(entry.gone);
    if (entry.position === undefined || entry.started) return RESOLVED;
    entry.started = true;
    this.#journal.append([encodeMark(KIND.start, entry.sequence)], () => {
      entry.started = false;
    });
    return this.#journal.written();
  }

  #done(entry: Entry): void {
    if (entry.gone !== undefined) return;
    entry.gone = true;
    if (entry.position !== undefined && !this.#closed) {
      this.#journal.append([encodeMark(KIND.done, entry.sequence)]);
    }
    this.#settle(entry);
  }

  /** It could not be kept: nobody was told that it was accepted. */
  #lose(entry: Entry, cause: BriskError): void {
    if (entry.gone !== undefined) return;
    entry.gone = cause;
    this.#settle(entry);
  }

  #settle(entry: Entry): void {
    const { topic, position } = entry;
    this.#unlink(entry);
    topic.waiting.delete(entry);
    if (position !== undefined) this.#swapOut(entry);
    if (entry.delivered) topic.inFlight--;
    if (topic.waiting.size > 0) this.#pump(topic);
    if (position !== undefined && !this.#live.has(position.segment)) this.#tidy();
  }

  #pump(topic: Topic): void {
    if (topic.pumping) return;
    topic.pumping = true;
    setImmediate(() => {
      topic.pumping = false;
      let count = 0;
      for (const entry of topic.waiting) {
        const { subscriber } = topic;
        if (subscriber === undefined || topic.inFlight >= subscriber.inFlightMax) return;
        if (count++ === DELIVERED_AT_ONCE) {
          this.#pump(topic);
          return;
        }
        topic.waiting.delete(entry);
        this.#deliver(entry, subscriber);
      }
    });
  }

  /**
   * Drops segments that hold nothing alive, from the oldest on: a mark must not go before the message
   * that it is about. What little keeps an old segment is copied forward.
   */
  #tidy(): void {
    if (this.#copying || this.#closed) return;
    const { segments } = this.#journal;
    for (const segment of segments.slice(0, -1)) {
      if (this.#live.has(segment)) {
        if (this.#isMostlyDead()) this.#copyAndDrop(segment);
        return;
      }
      this.#journal.drop(segment);
    }
  }

  #isMostlyDead(): boolean {
    let liveBytes = 0;
    for (const { bytes } of this.#live.values()) liveBytes += bytes;
    return this.#journal.bytes >= 2 * (liveBytes + SEGMENT_BYTES);
  }

  #copyAndDrop(segment: number): void {
    this.#copying = true;
    for (const entry of this.#live.get(segment)?.entries ?? []) this.#copyForward(entry);
    const end = () => {
      this.#copying = false;
    };
    // Only when the copies are safe; where they cannot be written the old segment stays.
    this.#journal.durable().then(() => {
      end();
      this.#journal.drop(segment);
      this.#tidy();
    }, end);
  }

  #copyForward(entry: Entry): void {
    const message = this.#read(entry);
    const kind = entry.started || entry.startedBefore ? KIND.startedMessage : KIND.message;
    const old = entry.position;
    const copied = this.#journal.append(encodeMessage(kind, { ...entry, message }), () => {
      if (entry.gone !== undefined || old === undefined) return;
      this.#unlink(entry);
      this.#link(entry, old);
    });
    this.#unlink(entry);
    this.#link(entry, copied);
  }

  subscribe(options: SubscribeOptions): AsyncDisposable {
    const topic = this.#topic(options.topic);
    topic.subscriber = options;
    if (topic.waiting.size > 0) this.#pump(topic);
    return {
      [Symbol.asyncDispose]: () => {
        topic.subscriber = undefined;
        return RESOLVED;
      },
    };
  }

  waiting(topicName: string): number {
    const topic = this.#topic(topicName);
    return topic.waiting.size + topic.inFlight;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#journal[Symbol.asyncDispose]();
  }
}

const RESOLVED: Promise<void> = Promise.resolve();
const EMPTY: Buffer = Buffer.alloc(0);

function createEntry(sequence: number, topic: Topic, publishedAt: number): Entry {
  return {
    sequence,
    topic,
    publishedAt,
    position: undefined,
    message: undefined,
    startedBefore: false,
    started: false,
    gone: undefined,
    delivered: false,
  };
}
