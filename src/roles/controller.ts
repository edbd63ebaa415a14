// The controller's part of the platform: what accepts activations and knows what becomes of them.

import { Balancer } from "../balancer/balancer.ts";
import type { Bus } from "../bus/port.ts";
import { Coordinator } from "../composition/coordinator.ts";
import type { SystemLimits } from "../entities/limits.ts";
import type { Blocklist } from "../entitlement/blocklist.ts";
import { Throttles } from "../entitlement/throttles.ts";
import { DeadLetters } from "../invocation/dead-letters.ts";
import { Firings } from "../invocation/firings.ts";
import type { IdempotencyKeys } from "../invocation/idempotency-keys.ts";
import { createInvocations } from "../invocation/invocations.ts";
import type { Invocations } from "../invocation/port.ts";
import { systemClock } from "../kernel/clock.ts";
import { SECOND_MS } from "../kernel/units.ts";
import { createRegistries, type Registries } from "../registry/registries.ts";
import type { Runtimes } from "../runtimes/runtimes.ts";
import type { Settings } from "../settings/settings.ts";
import type { SqliteStores } from "../stores/sqlite/open.ts";
import type { Streams } from "../streams/port.ts";
import type { Log } from "../telemetry/log.ts";
import { toLettersMax, toTriesMax } from "./system-limits.ts";
import { TOPICS } from "./topics.ts";

export interface ControllerNeeds {
  readonly settings: Settings;
  readonly limits: SystemLimits;
  readonly runtimes: Runtimes;
  readonly stores: SqliteStores;
  readonly bus: Bus;
  readonly isBlocked: Blocklist;
  readonly streams: Streams;
  readonly idempotency: IdempotencyKeys;
  readonly log: Log;
}

export interface Controller {
  readonly registries: Registries;
  readonly throttles: Throttles;
  readonly invocations: Invocations;
  readonly firings: Firings;
  /** Takes up work: what an earlier process left comes first. */
  begin(): void;
  /** Begins nothing more, and waits so long for what runs, in ms. */
  stop(waitMs: number): Promise<void>;
  /** Answers whoever still waits. */
  releaseWaiting(): void;
}

/** What is opened is closed with `cleanup`. */
export function openController(needs: ControllerNeeds, cleanup: AsyncDisposableStack): Controller {
  const { settings, limits, runtimes, stores, bus, isBlocked, streams, idempotency, log } = needs;
  const clock = systemClock;
  const { entities, activations } = stores;
  const { coordinator: id, completions: replyTo, deadLetters, invoker } = TOPICS;
  const balancer = cleanup.use(
    new Balancer({ bus, invokers: [invoker], coordinator: id, replyTo, log }),
  );
  const registries = createRegistries({
    entities,
    manifest: runtimes.manifest,
    limits,
    versions: {
      countMax: settings.actionVersions,
      ageMsMax: settings.actionVersionAge * SECOND_MS,
    },
    clock,
    random: Math.random,
  });
  const { actions, triggers } = registries;
  const restartWorkAgeMs = settings.restartWorkAge * SECOND_MS;
  const composing = { balancer, registry: actions, limits };
  const triesMax = toTriesMax(settings);
  const waiting = { restartWorkAgeMs, triesMax, deadLetters };
  const keeping = { bus, activations, idempotency, isBlocked, ...waiting };
  const coordinator = cleanup.use(new Coordinator({ id, ...composing, ...keeping, clock, log }));
  const invocations = createInvocations({ balancer, streams, limits });
  const inFlight = (namespaceUuid: string) => invocations.inFlight(namespaceUuid);
  const throttles = new Throttles({ limits, inFlight, clock });
  const invoking = { actions, invocations, throttles };
  const firings = new Firings({ ...invoking, activations, limits, clock, log });
  const letters = cleanup.use(
    new DeadLetters({
      topic: deadLetters,
      ...{ bus, firings, triggers, activations, limits, clock, log },
      postponedMax: toLettersMax(settings),
    }),
  );
  return {
    registries,
    throttles,
    invocations,
    firings,
    begin: () => {
      coordinator.start();
      letters.start();
    },
    stop: (waitMs) => coordinator.stop(waitMs),
    releaseWaiting: () => balancer.releaseWaiting(),
  };
}
