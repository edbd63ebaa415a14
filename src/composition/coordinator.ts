// The coordinator: takes sequences and compositions from its topic, runs them, and hands their records
// to its station, as the invoker does with what runs in containers.
//
//     taken ─▶ its parts, one after the other ─▶ finished
//
// It has started when its first part has: one write keeps both marks. So after a crash what was still
// waiting for a container begins anew, and what had begun is recorded as abandoned.

import type { Bus } from "../bus/port.ts";
import { BriskError } from "../kernel/errors.ts";
import { invariant } from "../kernel/invariant.ts";
import { decodeActivation, withoutLargeContent } from "../messages/activation-message.ts";
import { toErrorResponse, toFallbackRecord } from "../station/records.ts";
import { Station, type StationOptions, toFields, type Work } from "../station/station.ts";
import { type Composed, type ComposerOptions, PartComposer } from "./composer.ts";
import { StateRoom } from "./state-room.ts";

export interface CoordinatorOptions extends Omit<ComposerOptions, "store" | "states"> {
  readonly id: string;
  readonly bus: Bus;
  /** Topic for activations that have failed for the last time. */
  readonly deadLetters: string;
  readonly activations: StationOptions["activations"];
  readonly idempotency: StationOptions["idempotency"];
  readonly isBlocked: StationOptions["isBlocked"];
  /** Work from before this process that was accepted longer ago is not run. */
  readonly restartWorkAgeMs: number;
  readonly triesMax: StationOptions["triesMax"];
}

/** As many as an invoker: each has one part there at a time, and takes some kilobytes while it waits. */
const IN_FLIGHT_MAX = 50_000;

const FAILED = toErrorResponse(3, "The composition failed inside.");

export class Coordinator implements AsyncDisposable {
  readonly #options: CoordinatorOptions;
  readonly #station: Station;
  readonly #composerOptions: ComposerOptions;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#station = new Station({
      ...options,
      topic: options.id,
      inFlightMax: IN_FLIGHT_MAX,
      answersLogs: true,
    });
    // What stands around it waits for its answer, not for the disk.
    const store: ComposerOptions["store"] = (whole, record) =>
      this.#station.store(whole, record, "written");
    this.#composerOptions = { ...options, store, states: new StateRoom() };
  }

  /** Begins to take messages. What an earlier process left comes first. */
  start(): void {
    this.#station.start(({ delivery, message }) =>
      this.#begin({ delivery, message: withoutLargeContent(message) }),
    );
  }

  #begin(work: Work): void {
    this.#station.inBackground(
      work,
      this.#station.run(work, () => this.#run(work)),
    );
  }

  async #run(work: Work): Promise<void> {
    try {
      const { record } = await this.#compose(work);
      // Whoever sent it was told that it was not accepted.
      if (!work.delivery.lost) await this.#station.finish(work, record);
    } catch (cause) {
      await this.#finishBroken(work, cause);
    }
  }

  #compose({ delivery }: Work): Promise<Composed> {
    const { composition, ...message } = decodeActivation(delivery.message);
    invariant(composition !== undefined, "what is sent to a coordinator is a composition");
    const composer = new PartComposer(this.#composerOptions, delivery);
    return composer.compose({ ...message, composition }, { depth: 0 });
  }

  async #finishBroken(work: Work, cause: unknown): Promise<void> {
    if (cause instanceof BriskError && cause.code === "stopping") {
      await this.#station.abandon(work);
      return;
    }
    const { clock, log } = this.#options;
    log.error({ err: cause, ...toFields(work.message) }, "composition failed inside");
    await this.#station.finish(work, toFallbackRecord(work.message, FAILED, { now: clock() }));
  }

  /** Takes nothing more, and waits for what has started. What has not started stays on the bus. */
  stop(waitMs: number): Promise<void> {
    return this.#station.stop(waitMs);
  }

  /** Records as abandoned what still runs, and takes nothing more. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#station[Symbol.asyncDispose]();
  }
}
