// Idempotency keys on their way to the stores' thread: what is asked for while a batch is under way goes
// together in the next one, so that many at a time share one sync of the disk.

import { failure } from "../../kernel/errors.ts";
import type { ActivationId } from "../../kernel/ids.ts";
import { Shares } from "../../kernel/shares.ts";
import type { IdempotencyStore, KeyReservation, KnownKey } from "../port.ts";
import type { IdempotencyBatch, ReserveResult } from "./idempotency.ts";
import type { StoreThread } from "./thread.ts";

interface Asked {
  readonly reservation?: KeyReservation;
  readonly confirmed?: ActivationId;
  readonly released?: ActivationId;
  resolve(result: ReserveResult | undefined): void;
  reject(cause: unknown): void;
}

/** Keys of all namespaces that wait to be reserved; what else is asked for is about accepted work. */
const RESERVING_MAX = 10_000;
/** At 20 µs each, others wait for the thread no longer than some 10 ms. */
const BATCH_MAX = 500;

export class IdempotencyBatches implements IdempotencyStore {
  readonly #thread: StoreThread;
  readonly #countMax: number;
  readonly #asked: Asked[] = [];
  readonly #shares = new Shares(RESERVING_MAX);
  #sending: Promise<void> | undefined;

  constructor(thread: StoreThread, { countMax }: { readonly countMax: number }) {
    this.#thread = thread;
    this.#countMax = countMax;
  }

  async reserve(reservation: KeyReservation): Promise<KnownKey | undefined> {
    const { namespace } = reservation;
    if (!this.#shares.take(namespace, 1)) {
      throw failure("store-full", { waiting: this.#shares.of(namespace) });
    }
    const asking = this.#ask({ reservation });
    const result = await asking.finally(() => this.#shares.giveBack(namespace, 1));
    if (result === "full") throw failure("too-many-keys", { allowed: this.#countMax });
    return result === "reserved" ? undefined : result;
  }

  async confirm(confirmed: ActivationId): Promise<void> {
    await this.#ask({ confirmed });
  }

  async release(released: ActivationId): Promise<void> {
    await this.#ask({ released });
  }

  unconfirmed(): Promise<readonly ActivationId[]> {
    return this.#thread.callAnyway("idempotency", "unconfirmed");
  }

  #ask(what: Omit<Asked, "resolve" | "reject">): Promise<ReserveResult | undefined> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ ...what, resolve, reject });
      this.#sending ??= this.#send();
    });
  }

  async #send(): Promise<void> {
    while (this.#asked.length > 0) await this.#sendBatch(this.#asked.splice(0, BATCH_MAX));
    this.#sending = undefined;
  }

  async #sendBatch(asked: readonly Asked[]): Promise<void> {
    const reserving = asked.filter(({ reservation }) => reservation !== undefined);
    const batch: IdempotencyBatch = {
      reservations: reserving.flatMap(({ reservation }) => reservation ?? []),
      confirmed: asked.flatMap(({ confirmed }) => confirmed ?? []),
      released: asked.flatMap(({ released }) => released ?? []),
    };
    try {
      const results = await this.#thread.callAnyway("idempotency", "apply", batch);
      for (const [index, { resolve }] of reserving.entries()) resolve(results[index]);
      for (const { reservation, resolve } of asked) {
        if (reservation === undefined) resolve(undefined);
      }
    } catch (cause) {
      for (const { reject } of asked) reject(cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sending;
  }
}
