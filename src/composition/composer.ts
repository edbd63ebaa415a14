// Runs the parts of sequences and compositions: code through the balancer, what is composed itself
// right here. So only what stands in nothing else takes a place among those in flight, and what is
// nested never waits for a place that the whole around it holds.

import type { Balancer, Finished } from "../balancer/balancer.ts";
import type { Delivery } from "../bus/port.ts";
import { isSequence } from "../entities/action.ts";
import type { ActivationRecord } from "../entities/activation.ts";
import type { SystemLimits } from "../entities/limits.ts";
import { checkOwn } from "../entitlement/rights.ts";
import { createMessage, createRunMessage, type MessageRequest } from "../invocation/messages.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError } from "../kernel/errors.ts";
import { MINUTE_MS } from "../kernel/units.ts";
import type { NewActivation } from "../messages/activation-message.ts";
import type { ActionRegistry } from "../registry/actions.ts";
import { toFields } from "../station/station.ts";
import type { Log } from "../telemetry/log.ts";
import { CompositionRun } from "./composition.ts";
import type { Composer, Counts, Ended, Part, PartEnd, Whole, WholeEnd } from "./part.ts";
import { toMemory, toRecord } from "./records.ts";
import { SequenceRun } from "./sequence.ts";
import type { StateRoom } from "./state-room.ts";

export interface ComposerOptions {
  readonly balancer: Pick<Balancer, "run">;
  readonly states: StateRoom;
  readonly registry: Pick<ActionRegistry, "findToRun" | "locate">;
  /** Keeps the record of what is nested. */
  readonly store: (whole: Whole, record: ActivationRecord) => Promise<unknown>;
  readonly limits: SystemLimits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Composed {
  readonly whole: Whole;
  readonly record: ActivationRecord;
  /** As a part of another whole. */
  readonly ended: Ended;
}

/** Beyond its own time limit a part may take this to come to a container, and its answer to come back. */
const PATIENCE_MS = MINUTE_MS;

export class PartComposer implements Composer {
  readonly #options: ComposerOptions;
  /** Whose parts these are, however deep they are nested: it starts when the first of them does. */
  readonly #delivery: Delivery;

  constructor(options: ComposerOptions, delivery: Delivery) {
    this.#options = options;
    this.#delivery = delivery;
  }

  get states(): StateRoom {
    return this.#options.states;
  }

  find: Composer["find"] = (name, identity) =>
    this.#lookUp(() => this.#options.registry.findToRun(name, identity));

  checkRight: Composer["checkRight"] = async (name, identity) => {
    const { namespace, package: packageName } = name;
    if (packageName === undefined) {
      checkOwn(identity, { namespace, resource: name.name });
      return;
    }
    const { registry } = this.#options;
    await this.#lookUp(() => registry.locate({ namespace, name: packageName }, identity));
  };

  /** What goes wrong inside is told here: those who ask only want to know that it did. */
  async #lookUp<T>(look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (cause) {
      const isRefused = cause instanceof BriskError && cause.status < 500;
      if (!isRefused) this.#options.log.error({ err: cause }, "component cannot be looked up");
      throw cause;
    }
  }

  /** A sequence or conductor as it came from the bus. Rejects with `stopping`. */
  compose(
    { content, ...whole }: Whole & Pick<NewActivation, "content">,
    counts: Counts,
  ): Promise<Composed> {
    const { clock, limits } = this.#options;
    const { composition } = whole;
    const run = { whole, composer: this, counts, lengthMax: limits.sequenceLengthMax };
    const start = clock();
    const ending = isSequence(composition)
      ? new SequenceRun(run, content).run(composition.exec.components)
      : new CompositionRun(run, content).run();
    return ending.then((end) => {
      const record = toRecord(whole, end, { start, end: clock() });
      return { whole, record, ended: toEnded(whole, end) };
    });
  }

  // No function below that waits has the arguments at hand, and no closure: they would stay in memory.

  runCode(part: Part): Promise<PartEnd> {
    return this.#orUnsent(part.whole, () => this.#send(part));
  }

  #send(part: Part): Promise<PartEnd> {
    const { memory, timeout } = part.action.document.limits;
    const message = createRunMessage(this.#toRequest(part), this.#options.limits);
    const { balancer } = this.#options;
    const finished = balancer.run(message, timeout + PATIENCE_MS, this.#delivery);
    return waitForPart(finished, { activationId: message.activationId, memoryMb: memory });
  }

  runNested(part: Part, counts: Counts): Promise<PartEnd> {
    return this.#orUnsent(part.whole, () => {
      const { document: composition } = part.action;
      const message = createMessage(this.#toRequest(part), this.#options.limits);
      return this.#keep(this.compose({ ...message, composition }, counts));
    });
  }

  async #keep(composing: Promise<Composed>): Promise<Ended> {
    const { whole, record, ended } = await composing;
    await this.#options.store(whole, record);
    return ended;
  }

  #orUnsent(whole: Whole, begin: () => Promise<PartEnd>): Promise<PartEnd> {
    try {
      return begin().catch((cause: unknown) => this.#toUnsent(whole, cause));
    } catch (cause) {
      return Promise.resolve(this.#toUnsent(whole, cause));
    }
  }

  #toUnsent(whole: Whole, cause: unknown): PartEnd {
    if (cause instanceof BriskError && cause.code === "stopping") throw cause;
    this.#options.log.warn({ err: cause, ...toFields(whole) }, "part cannot be run");
    return { type: "unsent" };
  }

  #toRequest({ whole, action, payload }: Part): MessageRequest {
    return {
      identity: whole.user,
      action,
      ...(payload === undefined ? {} : { payload }),
      transaction: [whole.transaction[0], this.#options.clock()],
      cause: whole.activationId,
    };
  }
}

async function waitForPart(
  ending: Promise<Finished | undefined>,
  { activationId, memoryMb }: Pick<Ended, "activationId" | "memoryMb">,
): Promise<PartEnd> {
  const finished = await ending;
  if (finished === undefined) return { type: "late", activationId };
  const { statusCode, outcome } = finished;
  const { result, durationMs, size } = outcome;
  const response = { statusCode, result, ...(size === undefined ? {} : { size }) };
  return { type: "ended", activationId, response, durationMs, memoryMb };
}

function toEnded({ activationId, composition }: Whole, { response, parts }: WholeEnd): Ended {
  const memoryMb = toMemory(composition, parts.memoryMb);
  return { type: "ended", activationId, response, durationMs: parts.durationMs, memoryMb };
}
