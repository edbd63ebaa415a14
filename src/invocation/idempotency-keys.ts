// Requests that may be repeated: one with an idempotency key is accepted once a day, and a repetition is
// answered with the activation of the first. What is accepted and its key are kept together, though in
// two places: the key first, and what it stands for only then.
//
//     key reserved (durable) ─▶ messages on the bus (durable) ─▶ answered
//                                          └─▶ key confirmed ─▶ messages done
//
// The messages name the key's activation, and whoever works on them confirms it before they are done. So
// after a crash a key that is not confirmed has its messages on the bus, or never had any. Those of a
// firing also name its trigger: where its record was not kept yet, it is made of them.

import type { Clock } from "../kernel/clock.ts";
import { failure } from "../kernel/errors.ts";
import { type ActivationId, createActivationId } from "../kernel/ids.ts";
import { insist } from "../kernel/insist.ts";
import type { Payload } from "../kernel/payload.ts";
import { type ActivationMessage, readAccepted } from "../messages/activation-message.ts";
import type { ActivationStore, IdempotencyStore } from "../stores/port.ts";
import type { Log } from "../telemetry/log.ts";
import { toRecoveredFiring } from "./firing-records.ts";
import type { Idempotency, KeyedRequest } from "./port.ts";

export interface IdempotencyKeysOptions {
  readonly keys: IdempotencyStore;
  readonly activations: Pick<ActivationStore, "put" | "has">;
  readonly clock: Clock;
  readonly log: Log;
}

interface Accepting {
  readonly request: string;
  readonly accepted: Promise<ActivationId>;
}

export class IdempotencyKeys implements Idempotency, AsyncDisposable {
  readonly #options: IdempotencyKeysOptions;
  /** Each until its key is confirmed, or free again: one for each request that is answered now. */
  readonly #accepting = new Map<string, Accepting>();
  /** What is being accepted now, by what it will be. */
  readonly #current = new Map<ActivationId, Promise<void>>();
  readonly #closed = new AbortController();

  constructor(options: IdempotencyKeysOptions) {
    this.#options = options;
  }

  /**
   * Settles the keys that an earlier process had reserved and not confirmed. To be called before anything
   * is accepted; `messages` are all that are not done.
   */
  async recover(messages: () => Iterable<Payload>): Promise<void> {
    const { keys } = this.#options;
    const reserved = new Set(await keys.unconfirmed());
    if (reserved.size === 0) return;
    const found = new Map<ActivationId, ActivationMessage[]>();
    for (const payload of messages()) {
      const message = readAccepted(payload);
      const id = message?.acceptance;
      if (message === undefined || id === undefined || !reserved.has(id)) continue;
      const parts = found.get(id);
      if (parts === undefined) found.set(id, [message]);
      else parts.push(message);
    }
    const accepted = new Set<ActivationId>();
    for (const id of reserved) {
      if (await this.#isAccepted(id, found.get(id) ?? [])) accepted.add(id);
    }
    const settle = (id: ActivationId) => (accepted.has(id) ? keys.confirm(id) : keys.release(id));
    await Promise.all([...reserved].map(settle));
  }

  /** A firing of which no message is left has its record, and one that has none yet gets it here. */
  async #isAccepted(id: ActivationId, parts: readonly ActivationMessage[]): Promise<boolean> {
    const { activations } = this.#options;
    if (parts.length === 0) return activations.has(id);
    const document = toRecoveredFiring(id, parts);
    // Where it has one already, that stands.
    if (document !== undefined) await activations.put(document, "durable");
    return true;
  }

  /**
   * For whoever works on what a key stands for, before that is done. Only when it is known whether it is
   * accepted: of a firing that is cut short its messages must still be there.
   */
  async confirm(id: ActivationId): Promise<void> {
    await this.#current.get(id)?.catch(() => {});
    await this.#options.keys.confirm(id);
  }

  async accept(
    keyed: KeyedRequest,
    accept: (activationId: ActivationId) => Promise<void>,
  ): Promise<ActivationId> {
    // A namespace's name has no slash.
    const name = `${keyed.namespace}/${keyed.key}`;
    const current = this.#accepting.get(name);
    if (current !== undefined) {
      refuseOther(current, keyed);
      return current.accepted;
    }
    const free = () => this.#accepting.delete(name);
    const accepted = this.#acceptFirst(keyed, accept, free);
    this.#accepting.set(name, { request: keyed.request, accepted });
    return accepted.catch((cause: unknown) => {
      free();
      throw cause;
    });
  }

  async #acceptFirst(
    keyed: KeyedRequest,
    accept: (activationId: ActivationId) => Promise<void>,
    free: () => void,
  ): Promise<ActivationId> {
    const activationId = createActivationId();
    const known = await this.#reserve(keyed, activationId);
    if (known !== undefined) {
      free();
      return known;
    }
    try {
      const accepting = accept(activationId);
      this.#current.set(activationId, accepting);
      await accepting;
    } catch (cause) {
      await this.#release(activationId);
      throw cause;
    } finally {
      this.#current.delete(activationId);
    }
    this.#confirm(activationId).then(free, () => {});
    return activationId;
  }

  /** The activation that the key stands for; `undefined` where it stands for `activationId` from here on. */
  async #reserve(
    keyed: KeyedRequest,
    activationId: ActivationId,
  ): Promise<ActivationId | undefined> {
    const { keys, clock } = this.#options;
    const reservation = { ...keyed, activationId, at: clock() };
    const known = await keys.reserve(reservation);
    if (known === undefined) return undefined;
    if (known.isConfirmed) {
      refuseOther(known, keyed);
      return known.activationId;
    }
    // Nothing was accepted for it, and it could not be released then.
    await keys.release(known.activationId);
    await keys.reserve(reservation);
    return undefined;
  }

  async #release(activationId: ActivationId): Promise<void> {
    try {
      await this.#options.keys.release(activationId);
    } catch (cause) {
      // It stays unconfirmed, which is as good: whoever meets it knows that nothing was accepted.
      this.#options.log.warn({ err: cause, activationId }, "idempotency key cannot be released");
    }
  }

  #confirm(activationId: ActivationId): Promise<void> {
    const { keys, log } = this.#options;
    return insist(() => keys.confirm(activationId), {
      signal: this.#closed.signal,
      failed: (err) => log.warn({ err, activationId }, "idempotency key cannot be confirmed yet"),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
  }
}

function refuseOther(known: { readonly request: string }, { key, request }: KeyedRequest): void {
  if (known.request !== request) throw failure("idempotency-key-reused", { key });
}
