// The pool's books: which containers there are, what they hold, how much memory that is. Plain state
// with no I/O; decide.ts reads it, pool.ts changes it.
//
//     starting ──▶ stem cell ──▶ initialising ──▶ warm ──▶ retired ──▶ (removed)
//         └───────── for a job ────────▲
//
// A retired container takes no more jobs and goes when the last one in it ends.

import { invariant } from "../kernel/invariant.ts";

export type SlotState = "starting" | "stem-cell" | "initialising" | "warm" | "retired";

/** What a job needs of a container. */
export interface Need {
  /** Equal for jobs that may share a container: invoking namespace, action and revision. */
  readonly key: string;
  /** Uuid of the invoking namespace. */
  readonly namespace: string;
  readonly kind: string;
  readonly memoryMb: number;
  /** Jobs that one container takes at a time. */
  readonly concurrency: number;
}

export interface Slot {
  readonly id: number;
  readonly kind: string;
  readonly memoryMb: number;
  state: SlotState;
  /** Absent for a stem cell. */
  need: Need | undefined;
  /** Jobs in it, also the one that it is being started for. */
  active: number;
  /** When it last took a job or ended one: milliseconds, by the pool's clock. */
  lastUsed: number;
  /** When it last ended a job. */
  lastEnded: number;
  /** It has been since its last job. */
  isPaused: boolean;
}

export class PoolState {
  readonly memoryMbTotal: number;
  #nextId = 1;
  #memoryMbUsed = 0;
  #starting = 0;
  readonly #slots = new Map<number, Slot>();
  readonly #byKey = new Map<string, Slot[]>();
  readonly #memoryByNamespace = new Map<string, number>();
  readonly #runMs = new Map<string, number>();

  constructor(memoryMbTotal: number) {
    this.memoryMbTotal = memoryMbTotal;
  }

  get memoryMbFree(): number {
    return this.memoryMbTotal - this.#memoryMbUsed;
  }

  /** Containers that are being made. */
  get starting(): number {
    return this.#starting;
  }

  slots(): IterableIterator<Slot> {
    return this.#slots.values();
  }

  slotsOf(key: string): readonly Slot[] {
    return this.#byKey.get(key) ?? NONE;
  }

  /** How long a key's runs take, in ms, the last ones counting most; unknown before the first has ended. */
  runMs(key: string): number | undefined {
    return this.#runMs.get(key);
  }

  observeRun(key: string, ms: number): void {
    const before = this.#runMs.get(key) ?? ms;
    if (this.#byKey.has(key)) this.#runMs.set(key, before + (ms - before) * RUN_WEIGHT);
  }

  memoryMbOf(namespace: string): number {
    return this.#memoryByNamespace.get(namespace) ?? 0;
  }

  /** Namespaces that have containers. */
  get namespaces(): number {
    return this.#memoryByNamespace.size;
  }

  /** A container that is about to be made: for a job, or as a stem cell. */
  add(made: Pick<Slot, "kind" | "memoryMb" | "lastUsed">): Slot {
    const slot: Slot = {
      ...made,
      id: this.#nextId++,
      state: "starting",
      need: undefined,
      active: 0,
      lastEnded: made.lastUsed,
      isPaused: false,
    };
    this.#slots.set(slot.id, slot);
    this.#memoryMbUsed += slot.memoryMb;
    this.#starting++;
    return slot;
  }

  /** The slot is this need's from here on, and the job that it is given for counts as active. */
  assign(slot: Slot, need: Need): void {
    invariant(slot.need === undefined, "a container is given to one key only, once");
    slot.need = need;
    slot.active = 1;
    const slots = this.#byKey.get(need.key);
    if (slots === undefined) this.#byKey.set(need.key, [slot]);
    else slots.push(slot);
    this.#memoryByNamespace.set(need.namespace, this.memoryMbOf(need.namespace) + slot.memoryMb);
  }

  started(slot: Slot, state: "stem-cell" | "initialising"): void {
    invariant(slot.state === "starting", "only a starting container becomes started");
    this.#starting--;
    slot.state = state;
  }

  remove(slot: Slot): boolean {
    if (!this.#slots.delete(slot.id)) return false;
    this.#memoryMbUsed -= slot.memoryMb;
    if (slot.state === "starting") this.#starting--;
    if (slot.need !== undefined) this.#forget(slot, slot.need);
    return true;
  }

  #forget(slot: Slot, { key, namespace }: Need): void {
    const left = this.slotsOf(key).filter((other) => other !== slot);
    if (left.length > 0) {
      this.#byKey.set(key, left);
    } else {
      this.#byKey.delete(key);
      this.#runMs.delete(key);
    }
    const memoryMb = this.memoryMbOf(namespace) - slot.memoryMb;
    if (memoryMb === 0) this.#memoryByNamespace.delete(namespace);
    else this.#memoryByNamespace.set(namespace, memoryMb);
  }
}

/** Weight of the last run in the average. */
const RUN_WEIGHT = 0.2;
const NONE: readonly Slot[] = [];
