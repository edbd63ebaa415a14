// How often, and how much at a time: the rates of a namespace's invocations and of its fires in a clock
// minute, and its activations in flight (rest-api specification, 9.3). Must be one per namespace: with several
// controllers each gets its share.

import type { SystemLimits } from "../entities/limits.ts";
import type { Identity } from "../entities/subject.ts";
import type { Clock } from "../kernel/clock.ts";
import { failure } from "../kernel/errors.ts";
import { MINUTE_MS } from "../kernel/units.ts";

export interface ThrottleOptions {
  readonly limits: Pick<
    SystemLimits,
    "invocationsPerMinute" | "firesPerMinute" | "concurrentInvocations"
  >;
  /** Activations of a namespace, by uuid, that wait or run. */
  readonly inFlight: (namespaceUuid: string) => number;
  readonly clock: Clock;
}

export class Throttles {
  readonly #options: ThrottleOptions;
  readonly #invocations: MinuteRate;
  readonly #fires: MinuteRate;

  constructor(options: ThrottleOptions) {
    this.#options = options;
    this.#invocations = new MinuteRate(options.clock);
    this.#fires = new MinuteRate(options.clock);
  }

  /** Counts one invocation, also a refused one. Throws `too-many-per-minute`, `too-many-concurrent`. */
  admit(identity: Identity): void {
    const { namespace, limits } = identity;
    const perMinute = limits.invocationsPerMinute ?? this.#options.limits.invocationsPerMinute;
    this.#invocations.admit(namespace.uuid, perMinute);
    this.checkInFlight(identity);
  }

  /**
   * Counts nothing: to be asked again in the turn in which it is invoked, where something was waited for
   * since, as others may have been invoked meanwhile. Throws `too-many-concurrent`.
   */
  checkInFlight({ namespace: { uuid }, limits }: Identity): void {
    const allowed = limits.concurrentInvocations ?? this.#options.limits.concurrentInvocations;
    const count = this.#options.inFlight(uuid);
    if (count >= allowed) throw failure("too-many-concurrent", { count: count + 1, allowed });
  }

  /**
   * The same for so many that a dead letter starts. They have as much room again as what is invoked, so that
   * who always fills that still hears of what failed. More than there ever is have room where nothing is in
   * flight. Throws `too-many-concurrent`.
   */
  checkLetterInFlight({ namespace: { uuid }, limits }: Identity, more: number): void {
    const allowed =
      2 * (limits.concurrentInvocations ?? this.#options.limits.concurrentInvocations);
    const count = this.#options.inFlight(uuid);
    if (count > 0 && count + more > allowed) {
      throw failure("too-many-concurrent", { count: count + more, allowed });
    }
  }

  /** Counts one fire, also a refused one. Throws `too-many-per-minute`. */
  admitFire({ namespace, limits }: Identity): void {
    const perMinute = limits.firesPerMinute ?? this.#options.limits.firesPerMinute;
    this.#fires.admit(namespace.uuid, perMinute);
  }
}

/** Of each namespace. */
class MinuteRate {
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #minute = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `too-many-per-minute`. */
  admit(uuid: string, allowed: number): void {
    if (allowed === Number.POSITIVE_INFINITY) return;
    const count = this.#count(uuid);
    if (count > allowed) throw failure("too-many-per-minute", { count, allowed });
  }

  #count(uuid: string): number {
    const minute = Math.floor(this.#clock() / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#counts.clear();
    }
    const count = (this.#counts.get(uuid) ?? 0) + 1;
    this.#counts.set(uuid, count);
    return count;
  }
}
