// The container pool: gives jobs containers, keeps them warm, makes stem cells, and stays within its
// memory. What to do is decided in decide.ts over the books in state.ts; here it is done.

import type { Container, ContainerDriver } from "../drivers/port.ts";
import type { StemCell } from "../entities/runtime-manifest.ts";
import type { Clock } from "../kernel/clock.ts";
import { invariant } from "../kernel/invariant.ts";
import { MINUTE_MS } from "../kernel/units.ts";
import type { Log } from "../telemetry/log.ts";
import { decidePlacement, hasRoomAhead, type Placement, type PlacementRules } from "./decide.ts";
import { IdleContainers } from "./idle-containers.ts";
import { type Processors, watchProcessors } from "./processors.ts";
import { type Need, PoolState, type Slot } from "./state.ts";
import { WaitingJobs } from "./waiting.ts";

/** A container for one run. Exactly one of `release`, `giveBack` and `destroy` ends it. */
export interface Lease {
  readonly container: Container;
  /** It has no code yet: it needs `/init`, and `initialised` afterwards. */
  readonly fresh: boolean;
  initialised(): void;
  release(): void;
  /** For a run that did not begin. */
  giveBack(): void;
  destroy(): void;
}

export interface Job {
  readonly need: Need;
  /** Whether it may be handed to a container that still runs another. */
  readonly mayGoAhead: boolean;
  /** Called once, possibly before `submit` returns. */
  placed(lease: Lease): void;
  /** No container could be made. */
  failed(cause: unknown): void;
}

export interface PoolOptions {
  readonly driver: ContainerDriver;
  readonly memoryMb: number;
  readonly startsMax: number;
  readonly idleTimeoutMs: number;
  readonly network: boolean;
  readonly stemCells: readonly (StemCell & { readonly kind: string })[];
  readonly clock: Clock;
  readonly log: Log;
}

const SCALE_OUT_AFTER_MS = 20;
const WAIT_MS_MAX = 200;
const NAMESPACE_SHARE = 0.75;
/** A replacement is made when the job that took the stem cell is likely done: it would slow it. */
const REPLACE_AFTER_MS = 50;
/** An action's containers go on with its jobs unless another has waited so long. */
const RETARGET_AFTER_MS = 1000;
/** After a failure to make a stem cell. */
const STEM_CELL_RETRY_MS = MINUTE_MS;
/** Weight of a container that has all the memory (execution-plane specification, 3.7). */
const CPU_SHARES_TOTAL = 1024;
const CPU_SHARES_MIN = 2;

export class ContainerPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #state: PoolState;
  readonly #rules: PlacementRules;
  readonly #processors: Processors;
  readonly #idle: IdleContainers;
  readonly #waiting = new WaitingJobs<Job>();
  readonly #containers = new Map<Slot, Container>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #removals = new Set<Promise<void>>();
  #scheduled: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#state = new PoolState(options.memoryMb);
    this.#processors = watchProcessors(options.clock);
    this.#rules = {
      startsMax: options.startsMax,
      scaleOutAfterMs: SCALE_OUT_AFTER_MS,
      waitMsMax: WAIT_MS_MAX,
      cores: this.#processors.count,
      namespaceShare: NAMESPACE_SHARE,
    };
    this.#idle = new IdleContainers({
      ...options,
      slots: () => this.#state.slots(),
      pause: options.driver.canPause ? (slot) => this.#containers.get(slot)?.pause() : undefined,
      remove: (slot) => this.#discard(slot),
    });
  }

  /** Starts the stem cells; they are made in the background. */
  prewarm(): void {
    for (const cell of this.#options.stemCells) {
      for (let count = 0; count < cell.initialCount; count++) this.#fillStemCells(cell);
    }
  }

  submit(job: Job): void {
    const { need } = job;
    // Whoever came before for the same containers goes first.
    if (!this.#waiting.has(need)) {
      const now = this.#options.clock();
      const placement = this.#decide(job, now);
      if (placement.type !== "wait") {
        this.#place(job, placement);
        return;
      }
      this.#scheduleAgain(placement);
    }
    this.#waiting.push(need, { job, now: this.#options.clock() });
  }

  #decide(job: Job, since: number): Placement {
    const { need } = job;
    const now = this.#options.clock();
    const { isSaturated } = this.#processors;
    const mayGoAhead = (slot: Slot) => this.#mayGoAhead(job, slot);
    const waiting = { need, since, now, isSaturated, mayGoAhead };
    return decidePlacement(this.#state, waiting, this.#rules);
  }

  #mayGoAhead({ need, mayGoAhead }: Job, slot: Slot): boolean {
    return mayGoAhead && this.#containers.get(slot)?.takesAhead === true && this.#mayGoOn(need);
  }

  /** Jobs that have not been placed, taken out. */
  withdrawAll(): readonly Job[] {
    return this.#waiting.clear();
  }

  #place(job: Job, placement: Exclude<Placement, { type: "wait" }>): void {
    switch (placement.type) {
      case "warm":
      case "ahead":
        this.#placeWarm(job, placement.slot);
        break;
      case "stem-cell": {
        const { slot } = placement;
        this.#state.assign(slot, job.need);
        slot.state = "initialising";
        slot.lastUsed = this.#options.clock();
        this.#replaceStemCell(slot);
        job.placed(this.#lease(slot, true));
        break;
      }
      case "create":
        this.#createFor(job, placement.evict);
        break;
    }
  }

  /** Also behind the jobs that it has. Where it is paused, its run resumes it. */
  #placeWarm(job: Job, slot: Slot): void {
    slot.active++;
    slot.isPaused = false;
    slot.lastUsed = this.#options.clock();
    job.placed(this.#lease(slot, false));
  }

  #createFor(job: Job, evict: readonly Slot[]): void {
    const { need } = job;
    const removed = Promise.all(evict.map((slot) => this.#remove(slot)));
    const slot = this.#state.add({ ...need, lastUsed: this.#options.clock() });
    this.#state.assign(slot, need);
    removed
      .then(() => this.#createOrRetry(slot, need))
      .then(
        () => {
          this.#start(slot, "initialising");
          this.#schedule();
          job.placed(this.#lease(slot, true));
        },
        (cause: unknown) => {
          this.#state.remove(slot);
          job.failed(cause);
          this.#schedule();
        },
      );
  }

  /** Once more where it fails: nothing has run, and what was short may be there again. */
  async #createOrRetry(slot: Slot, need: Need): Promise<void> {
    try {
      await this.#create(slot, need);
    } catch (cause) {
      if (this.#closed) throw cause;
      this.#options.log.warn({ err: cause, kind: need.kind }, "container is made once more");
      await this.#create(slot, need);
    }
  }

  async #create(slot: Slot, { concurrency }: Pick<Need, "concurrency">): Promise<void> {
    const share = (CPU_SHARES_TOTAL * slot.memoryMb) / this.#options.memoryMb;
    const container = await this.#options.driver.create({
      kind: slot.kind,
      memoryMb: slot.memoryMb,
      cpuShares: Math.max(CPU_SHARES_MIN, Math.floor(share)),
      network: this.#options.network,
      concurrency,
    });
    this.#containers.set(slot, container);
  }

  /** Its end counts from here on: what has ended already is given out, and found out. */
  #start(slot: Slot, state: "stem-cell" | "initialising"): void {
    this.#state.started(slot, state);
    this.#containers.get(slot)?.ended.then(
      () => this.#discard(slot),
      (cause: unknown) => this.#options.log.error({ err: cause }, "container watch failed"),
    );
  }

  #lease(slot: Slot, fresh: boolean): Lease {
    const container = this.#containers.get(slot);
    invariant(container !== undefined, "a slot that is given out has its container");
    let runsFrom = this.#options.clock();
    return {
      container,
      fresh,
      initialised: () => {
        slot.state = "warm";
        // Its start is not the run's: else slow starts would look like long runs, which get more of them.
        runsFrom = this.#options.clock();
        slot.lastUsed = runsFrom;
        // Others may wait for just this one.
        if (slot.need !== undefined && slot.need.concurrency > 1) this.#schedule();
      },
      release: () => this.#release(slot, runsFrom),
      giveBack: () => this.#release(slot, undefined),
      destroy: () => this.#retire(slot),
    };
  }

  /** @param runsFrom when it was handed over; absent where it did not begin */
  #release(slot: Slot, runsFrom: number | undefined): void {
    const { need } = slot;
    const now = this.#options.clock();
    slot.active--;
    slot.lastUsed = now;
    if (need !== undefined && runsFrom !== undefined) {
      // What was handed over ahead began when the one before it ended.
      this.#state.observeRun(need.key, now - Math.max(runsFrom, slot.lastEnded));
      slot.lastEnded = now;
    }
    if (slot.state === "retired") {
      if (slot.active === 0) this.#discard(slot);
      return;
    }
    if (slot.active === 0) this.#idle.watch();
    if (this.#waiting.size === 0) return;
    if (need && this.#containers.has(slot) && this.#mayGoOn(need)) this.#goOn(slot, need);
    else this.#schedule();
  }

  /** Whoever waits for just this container gets it, as far as there is room in it. */
  #goOn(slot: Slot, need: Need): void {
    let head = this.#waiting.head(need);
    if (head === undefined) {
      this.#schedule();
      return;
    }
    while (head !== undefined && this.#hasRoom(slot, head)) {
      this.#waiting.take(need);
      this.#placeWarm(head, slot);
      head = this.#waiting.head(need);
    }
  }

  #hasRoom(slot: Slot, job: Job): boolean {
    if (slot.active < job.need.concurrency) return true;
    return hasRoomAhead(this.#state, slot) && this.#mayGoAhead(job, slot);
  }

  /** Takes no more jobs, and is destroyed when the last one in it has ended. */
  #retire(slot: Slot): void {
    slot.active--;
    slot.state = "retired";
    if (slot.active === 0) this.#discard(slot);
    // Of what was handed over ahead, one may have begun by now: only that is still to end there.
    else if (slot.need?.concurrency === 1) this.#containers.get(slot)?.retire();
  }

  /** Whether the key's next job may have the container at once, without a look at who else waits. */
  #mayGoOn(need: Need): boolean {
    if (this.#waiting.size === 0) return true;
    const others = this.#waiting.countOthers(need.namespace);
    if (others > 0) {
      const share = this.#state.memoryMbTotal / Math.max(this.#state.namespaces, others + 1);
      if (this.#state.memoryMbOf(need.namespace) > share) return false;
    }
    const oldest = this.#waiting.oldestSince(need.namespace);
    return oldest === undefined || this.#options.clock() - oldest < RETARGET_AFTER_MS;
  }

  /** Places whoever can be placed, the namespace with least memory first, in it the oldest first. */
  #schedule(): void {
    if (this.#closed) return;
    const namespaces = [...this.#waiting.namespaces].sort(
      (a, b) => this.#state.memoryMbOf(a) - this.#state.memoryMbOf(b),
    );
    for (const namespace of namespaces) {
      for (const { need } of this.#waiting.lines(namespace)) this.#placeLine(need);
    }
  }

  #placeLine(need: Need): void {
    for (;;) {
      const job = this.#waiting.head(need);
      const since = this.#waiting.headSince(need);
      if (job === undefined || since === undefined) return;
      const placement = this.#decide(job, since);
      if (placement.type === "wait") {
        this.#scheduleAgain(placement);
        return;
      }
      this.#waiting.take(need);
      this.#place(job, placement);
    }
  }

  #scheduleAgain({ again }: { readonly again?: number }): void {
    if (again === undefined || again === Number.POSITIVE_INFINITY) return;
    if (this.#scheduled !== undefined) return;
    this.#scheduled = this.#later(again, () => {
      this.#scheduled = undefined;
      this.#schedule();
    });
  }

  #replaceStemCell(taken: Slot): void {
    const cell = this.#options.stemCells.find(
      ({ kind, memoryMb }) => kind === taken.kind && memoryMb === taken.memoryMb,
    );
    if (cell !== undefined) this.#later(REPLACE_AFTER_MS, () => this.#fillStemCells(cell));
  }

  /** Makes one stem cell, if one of these is wanting and there is memory for it. */
  #fillStemCells(cell: StemCell & { readonly kind: string }): void {
    const { kind, memoryMb, initialCount } = cell;
    let count = 0;
    for (const slot of this.#state.slots()) {
      if (slot.need === undefined && slot.kind === kind && slot.memoryMb === memoryMb) count++;
    }
    if (this.#closed || count >= initialCount || this.#state.memoryMbFree < memoryMb) return;
    const slot = this.#state.add({ kind, memoryMb, lastUsed: this.#options.clock() });
    this.#create(slot, { concurrency: 1 }).then(
      () => {
        this.#start(slot, "stem-cell");
        this.#schedule();
      },
      (cause: unknown) => {
        this.#state.remove(slot);
        this.#schedule();
        this.#options.log.warn({ err: cause, kind }, "stem cell could not be made");
        this.#later(STEM_CELL_RETRY_MS, () => this.#fillStemCells(cell));
      },
    );
  }

  #discard(slot: Slot): void {
    const removal = this.#remove(slot).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** Out of the books at once; resolves when it is gone, and never rejects. */
  async #remove(slot: Slot): Promise<void> {
    const container = this.#containers.get(slot);
    if (!this.#state.remove(slot) || container === undefined) return;
    if (slot.need === undefined) this.#replaceStemCell(slot);
    if (this.#waiting.size > 0) this.#later(0, () => this.#schedule());
    try {
      await container.destroy();
      this.#containers.delete(slot);
    } catch (cause) {
      this.#options.log.error({ err: cause, container: container.id }, "container is stuck");
    }
  }

  #later(ms: number, run: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) run();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
    return timer;
  }

  /** Destroys every container, also those with jobs in them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#idle[Symbol.dispose]();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#state.slots()].map((slot) => this.#remove(slot)));
    await Promise.all(this.#removals);
  }
}
