// What firing a trigger means: every active rule's action is invoked as a client would invoke it, and the
// trigger's record says what came of each. Source: web-and-composition 4.
//
//     rules ─▶ actions found ─▶ all published in one turn ─▶ all durable ─▶ record durable ─▶ accepted
//
// So what is accepted is there whatever is killed, and it costs two syncs however many rules there are. A
// firing that ends before its record is kept was promised to nobody; what it published runs all the same.

import { toPayloadBytesMax } from "../entities/limit-rules.ts";
import type { SystemLimits } from "../entities/limits.ts";
import { type EntityName, type QualifiedName, toDocumentId } from "../entities/names.ts";
import { fromReference } from "../entities/rule.ts";
import type { Identity } from "../entities/subject.ts";
import type { RuleLink, Trigger } from "../entities/trigger.ts";
import type { Clock } from "../kernel/clock.ts";
import { BriskError, failure } from "../kernel/errors.ts";
import { type ActivationId, createActivationId, type TransactionId } from "../kernel/ids.ts";
import { type JsonObject, type RawJson, toRawJson } from "../kernel/json.ts";
import { MB } from "../kernel/units.ts";
import type { ActivationStore } from "../stores/port.ts";
import type { Log } from "../telemetry/log.ts";
import { type RuleOutcome, toFiringDocument } from "./firing-records.ts";
import type { FoundAction } from "./messages.ts";
import { mergeEvent, refuseTooLarge } from "./parameters.ts";
import type { Invocations } from "./port.ts";

export interface FiringsOptions {
  readonly invocations: Pick<Invocations, "invoke">;
  readonly actions: {
    findToInvoke(name: QualifiedName, identity: Identity): FoundAction | Promise<FoundAction>;
  };
  readonly throttles: {
    /** Throws where the identity may not invoke once more. */
    admit(identity: Identity): void;
    /** Throws where there is no room for so many that a dead letter starts. */
    checkLetterInFlight(identity: Identity, more: number): void;
  };
  readonly activations: Pick<ActivationStore, "put">;
  readonly limits: SystemLimits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FireRequest {
  readonly identity: Identity;
  readonly trigger: Trigger;
  /** The text of a JSON object; absent means `{}`. */
  readonly payload?: RawJson;
  /** Of the request, as the actions may see them. */
  readonly headers: JsonObject;
  readonly transactionId: TransactionId;
  /** The id that it must get, as an idempotency key stands for it. */
  readonly keyedId?: ActivationId;
  /** The id that it must get, of a dead letter's. */
  readonly letterId?: ActivationId;
}

interface Firing extends FireRequest {
  readonly activationId: ActivationId;
  readonly start: number;
  /** What every action gets. */
  readonly content: RawJson;
}

type Invoked = PromiseSettledResult<ActivationId>;
type Linked = readonly [rule: string, link: RuleLink];

/** Published together, and waited for; what they carry in all is bounded too. */
const RULES_AT_ONCE = 100;
const BYTES_AT_ONCE = 8 * MB;

export class Firings {
  readonly #options: FiringsOptions;

  constructor(options: FiringsOptions) {
    this.#options = options;
  }

  /**
   * The firing's id once it is accepted: its actions and its record are durable. `undefined` where there
   * is no active rule: then nothing happened. Rejects where the record cannot be kept: with
   * `storage-failed` if actions run all the same, else with what says that nothing was accepted; and with
   * `too-many-concurrent` or `too-many-waiting`, before anything is invoked, where there is no room for what
   * a dead letter starts.
   */
  async fire(request: FireRequest): Promise<ActivationId | undefined> {
    const links = Object.entries(request.trigger.rules ?? {});
    const active = links.filter(([, { status }]) => status === "active");
    if (active.length === 0) return undefined;
    const { identity, keyedId, letterId } = request;
    const { throttles } = this.#options;
    if (letterId !== undefined) throttles.checkLetterInFlight(identity, active.length);
    const firing: Firing = {
      ...request,
      activationId: keyedId ?? letterId ?? createActivationId(),
      start: this.#options.clock(),
      content: mergeEvent(request.trigger, request),
    };
    const atOnce = Math.min(RULES_AT_ONCE, Math.ceil(BYTES_AT_ONCE / firing.content.length));
    const invoked = new Map<string, Invoked>();
    for (let from = 0; from < active.length; from += atOnce) {
      const some = active.slice(from, from + atOnce);
      const results = await this.#invokeAll(firing, some);
      for (const [index, [rule]] of some.entries()) {
        const result = results[index];
        if (result !== undefined) invoked.set(rule, result);
      }
      if (letterId !== undefined) refuseUnsent([...invoked.values()]);
    }
    await this.#record(
      firing,
      links.map((linked) => toOutcome(linked, invoked.get(linked[0]))),
    );
    return firing.activationId;
  }

  /** All are found before one is invoked: what is published in one turn is one write, and one sync. */
  async #invokeAll(firing: Firing, active: readonly Linked[]): Promise<readonly Invoked[]> {
    const { actions, log } = this.#options;
    const { identity, transactionId } = firing;
    const found = await Promise.allSettled(
      active.map(async ([, { action }]) => actions.findToInvoke(fromReference(action), identity)),
    );
    const results = await Promise.allSettled(
      found.map((action, index) =>
        this.#invoke(firing, { action, rule: active[index]?.[0] ?? "" }),
      ),
    );
    for (const result of results) {
      if (result.status === "fulfilled" || result.reason instanceof BriskError) continue;
      log.error({ err: result.reason, transactionId }, "rule met a fault");
    }
    return results;
  }

  /** The same checks in the same order as for a client. */
  async #invoke(
    { identity, trigger, content, start, transactionId, keyedId, letterId }: Firing,
    { action, rule }: { readonly action: PromiseSettledResult<FoundAction>; readonly rule: string },
  ): Promise<ActivationId> {
    const { throttles, invocations, limits } = this.#options;
    // Its rate is counted where what failed was invoked.
    if (letterId === undefined) throttles.admit(identity);
    else throttles.checkLetterInFlight(identity, 1);
    refuseTooLarge(content, toPayloadBytesMax(limits, identity.limits));
    if (action.status === "rejected") throw action.reason;
    const { activationId } = await invocations.invoke({
      identity,
      action: action.value,
      payload: content,
      transaction: [transactionId, start],
      ...(letterId === undefined ? {} : { isLastWord: true }),
      ...(keyedId === undefined
        ? {}
        : { acceptance: keyedId, fired: { ...toName(trigger), rule } }),
    });
    return activationId;
  }

  async #record(firing: Firing, outcomes: readonly RuleOutcome[]): Promise<void> {
    const { identity, trigger, activationId, start, payload } = firing;
    if (identity.limits.storeActivations === false) return;
    const document = toFiringDocument(
      { activationId, identity, ...toName(trigger), start, result: payload ?? toRawJson({}) },
      outcomes,
    );
    try {
      await this.#options.activations.put(document, "durable");
    } catch (cause) {
      if (!outcomes.some(({ success }) => success)) throw cause;
      const detail =
        "the trigger's record; actions of its rules were accepted, and run all the same";
      throw failure("storage-failed", { detail }, cause);
    }
  }
}

/** Throws what refused all of them, where that is that the namespace's share of the bus is taken. */
function refuseUnsent(invoked: readonly Invoked[]): void {
  const causes = invoked.map((one) => (one.status === "rejected" ? one.reason : undefined));
  const isUnsent = (cause: unknown) =>
    cause instanceof BriskError && cause.code === "too-many-waiting";
  if (causes.every(isUnsent)) throw causes[0];
}

function toName({ name, version }: Trigger): { trigger: EntityName; version: string } {
  return { trigger: name, version };
}

function toOutcome([rule, link]: Linked, invoked: Invoked | undefined): RuleOutcome {
  const action = toDocumentId(fromReference(link.action));
  if (invoked?.status === "fulfilled") {
    return { rule, action, statusCode: 0, success: true, activationId: invoked.value };
  }
  if (invoked === undefined) {
    const error = `Rule '${rule}' is inactive, action '${action}' was not activated.`;
    return { rule, action, statusCode: 1, success: false, error };
  }
  const { status, message } =
    invoked.reason instanceof BriskError ? invoked.reason : failure("server-fault");
  return { rule, action, statusCode: status < 500 ? 1 : 3, success: false, error: message };
}
