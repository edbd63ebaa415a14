// How often, and how much at a time: the rate of a namespace's invocations in a clock minute, and its
// activations in flight (rest-api specification, 9.3). Must be one per namespace: with several
// controllers each gets its share.

import type { SystemLimits } from "../entities/limits.ts";
import type { Identity } from "../entities/subject.ts";
import type { Clock } from "../kernel/clock.ts";
import { failure } from "../kernel/errors.ts";
import { MINUTE_MS } from "../kernel/units.ts";

export interface ThrottleOptions {
  readonly limits: Pick<SystemLimits, "invocationsPerMinute" | "concurrentInvocations">;
  /** Activations of a namespace, by uuid, that wait or run. */
  readonly inFlight: (namespaceUuid: string) => number;
  readonly clock: Clock;
}

export class Throttles {
  readonly #options: ThrottleOptions;
  readonly #counts = new Map<string, number>();
  #minute = 0;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  /** Counts one invocation, also a refused one. Throws `too-many-per-minute`, `too-many-concurrent`. */
  admit({ namespace, limits }: Identity): void {
    const { uuid } = namespace;
    const perMinute = limits.invocationsPerMinute ?? this.#options.limits.invocationsPerMinute;
    if (perMinute !== Number.POSITIVE_INFINITY) {
      const count = this.#count(uuid);
      if (count > perMinute) throw failure("too-many-per-minute", { count, allowed: perMinute });
    }
    const allowed = limits.concurrentInvocations ?? this.#options.limits.concurrentInvocations;
    const count = this.#options.inFlight(uuid);
    if (count >= allowed) throw failure("too-many-concurrent", { count: count + 1, allowed });
  }

  #count(uuid: string): number {
    const minute = Math.floor(this.#options.clock() / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#counts.clear();
    }
    const count = (this.#counts.get(uuid) ?? 0) + 1;
    this.#counts.set(uuid, count);
    return count;
  }
}
