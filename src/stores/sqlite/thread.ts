// The calling side of the stores' thread.

import { Worker } from "node:worker_threads";
import { failure } from "../../kernel/errors.ts";
import type { LargeText } from "../../kernel/large-text.ts";
import { Shares } from "../../kernel/shares.ts";
import { toThreadScript } from "../../kernel/thread-script.ts";
import { Turns } from "../../kernel/turns.ts";
import type { Log } from "../../telemetry/log.ts";
import { type Call, fromCallFailure, type Reply, type Stores } from "./calls.ts";
import type { IdempotencyLimits } from "./idempotency.ts";
import type { Retention } from "./pruning.ts";

interface Waiting {
  /** What the thread has until it answers. */
  readonly lent?: readonly LargeText[];
  resolve(value: unknown): void;
  reject(cause: unknown): void;
}

type Method<Store> = {
  [Name in keyof Store]: Store[Name] extends (...values: never[]) => unknown ? Name : never;
}[keyof Store] &
  string;
type Values<Store, Name extends keyof Store> = Store[Name] extends (
  ...values: infer Given
) => unknown
  ? Given
  : never;
type Result<Store, Name extends keyof Store> = Store[Name] extends (
  ...values: never[]
) => infer Value
  ? Awaited<Value>
  : never;

/** Calls of all owners that have no answer yet: a second of work, and some megabytes. */
const CALLS_MAX = 10_000;
/** The thread has so many of an owner's at a time, which others wait for: a millisecond of work. */
const CALLS_OF_OWNER = 16;
/** And of those that may take much longer than that. */
const LONG_CALLS_OF_OWNER = 1;
const LONG: ReadonlySet<string> = new Set(["count", "list", "listVersions"]);

export interface StoreThreadOptions {
  readonly directory: string;
  readonly retention: Retention;
  readonly idempotency: IdempotencyLimits;
  readonly log: Log | undefined;
}

export class StoreThread implements AsyncDisposable {
  readonly #log: Log | undefined;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #changed: (() => void)[] = [];
  readonly #shares = new Shares(CALLS_MAX);
  readonly #turns = new Turns(CALLS_OF_OWNER);
  readonly #longTurns = new Turns(LONG_CALLS_OF_OWNER);
  readonly #opened: Promise<unknown>;
  #nextId = 1;
  #closing: (() => void) | undefined;

  constructor({ directory, retention, idempotency, log }: StoreThreadOptions) {
    this.#log = log;
    this.#worker = new Worker(toThreadScript("./worker", import.meta.url), {
      workerData: { directory, retention, idempotency },
    });
    this.#worker.on("message", (reply: Reply) => this.#hear(reply));
    // Nobody listens to its "error": it is our own mistake, or want of memory, and ends the process.
    this.#opened = new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
  }

  /** Rejects with a sentence where a database cannot be opened. */
  async opened(): Promise<void> {
    await this.#opened;
  }

  /**
   * A call of whoever owns what is asked for, beside a few of his others: one owner's flood does not stand
   * in front of another's call. Rejects with `store-full` where too many of his wait already.
   */
  async call<Store extends keyof Stores, Name extends Method<Stores[Store]>>(
    {
      owner,
      store,
      method,
    }: { readonly owner: string; readonly store: Store; readonly method: Name },
    ...values: Values<Stores[Store], Name>
  ): Promise<Result<Stores[Store], Name>> {
    if (!this.#shares.take(owner, 1)) {
      throw failure("store-full", { waiting: this.#shares.of(owner) });
    }
    const turns = LONG.has(method) ? this.#longTurns : this.#turns;
    try {
      return await turns.take(owner, () => this.callAnyway(store, method, ...values));
    } finally {
      this.#shares.giveBack(owner, 1);
    }
  }

  /** For what keeps to a bound of its own. */
  callAnyway<Store extends keyof Stores, Name extends Method<Stores[Store]>>(
    store: Store,
    method: Name,
    ...values: Values<Stores[Store], Name>
  ): Promise<Result<Stores[Store], Name>> {
    return this.#send({ store, method, values }, []);
  }

  /** As `callAnyway`; the texts, whose bytes are in the value, are empty until it has ended. */
  lendEntities<Name extends "put" | "change">(
    texts: readonly LargeText[],
    method: Name,
    value: Values<Stores["entities"], Name>[0],
  ): Promise<Result<Stores["entities"], Name>> {
    const lent = texts.map(({ json }) => json);
    return this.#send({ store: "entities", method, values: [value], lent }, texts);
  }

  #send<Value>(call: Omit<Call, "id">, lent: readonly LargeText[]): Promise<Value> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, lent });
      const moved = call.lent?.map(({ buffer }) => buffer);
      this.#worker.postMessage({ ...call, id } satisfies Call, moved);
    });
  }

  onSubjectsChanged(listener: () => void): void {
    this.#changed.push(listener);
  }

  #hear(reply: Reply): void {
    switch (reply.type) {
      case "opened":
        this.#take(0)?.resolve(undefined);
        break;
      case "closed":
        this.#closing?.();
        break;
      case "subjects-changed":
        for (const listener of this.#changed) listener();
        break;
      case "pruning-failed":
        this.#log?.warn({ err: fromCallFailure(reply.failure) }, "old records cannot be deleted");
        break;
      case "held-up":
        this.#log?.warn(
          { err: fromCallFailure(reply.failure) },
          "the stores' thread copies the database's log itself, and its callers wait for it",
        );
        break;
      case "done":
        this.#takeBack(reply)?.resolve(reply.value);
        break;
      case "failed":
        this.#takeBack(reply)?.reject(fromCallFailure(reply.failure));
        break;
    }
  }

  #takeBack({ id, lent = [] }: Pick<Call, "id" | "lent">): Waiting | undefined {
    const waiting = this.#take(id);
    for (const [index, json] of lent.entries()) waiting?.lent?.[index]?.giveBack(json);
    return waiting;
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** For a thread that could not open its databases, and so hears nothing. */
  async discard(): Promise<void> {
    await this.#worker.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#closing = resolve;
    });
    this.#worker.postMessage("close");
    await closed;
    await this.#worker.terminate();
  }
}
