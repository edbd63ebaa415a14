// Which container a job gets: a pure decision over the pool's books. Warm before a stem cell, a stem
// cell before a new container, a new one before another's place.
//
// Three rules differ from OpenWhisk's pool. A job whose action has containers waits a little for one of
// them before it gets one more, and where the processors are busy, short runs get no more containers than
// those can run: more would make a flood of them slower, not faster. One namespace never holds all of
// the memory. And who is evicted first is the namespace that has most, so that a flood does not cool
// down the others.

import type { Need, PoolState, Slot } from "./state.ts";

export type Placement =
  | { readonly type: "warm"; readonly slot: Slot }
  /** To run there when what runs there has ended. */
  | { readonly type: "ahead"; readonly slot: Slot }
  | { readonly type: "stem-cell"; readonly slot: Slot }
  | { readonly type: "create"; readonly evict: readonly Slot[] }
  /** Nothing now. `again` is when time alone may change that, in ms from now. */
  | { readonly type: "wait"; readonly again?: number };

export interface PlacementRules {
  /** Containers that may be in the making at a time. */
  readonly startsMax: number;
  /** How long a job waits for its action's containers to take another one before it gets one more. */
  readonly scaleOutAfterMs: number;
  /** How long it waits where they do take one after the other, or one is being made. */
  readonly waitMsMax: number;
  /** Processors that containers can run on at a time. */
  readonly cores: number;
  /** Share of all memory that one namespace's containers may take. */
  readonly namespaceShare: number;
}

const WAIT: Placement = { type: "wait" };
const CREATE: Placement = { type: "create", evict: [] };

export interface WaitingFor {
  readonly need: Need;
  /** When it came, and now: milliseconds by the pool's clock. */
  readonly since: number;
  readonly now: number;
  /** Whether the processors have more to do than they can. Asked only where it matters: it costs. */
  readonly isSaturated: () => boolean;
  /** Whether the job may be handed to that container ahead. */
  readonly mayGoAhead: (slot: Slot) => boolean;
}

export function decidePlacement(
  state: PoolState,
  job: WaitingFor,
  rules: PlacementRules,
): Placement {
  const all = state.slotsOf(job.need.key);
  const warm = pickWarm(all, job.need);
  if (warm !== undefined) return { type: "warm", slot: warm };
  if (isShort(state, job.need.key) && job.isSaturated()) {
    const flooded = decideFlooded(state, all, { job, rules });
    if (flooded !== undefined) return flooded;
  }
  const own = all.filter((slot) => slot.state !== "retired");
  const isEnough = own.length >= toContainersMax(estimateRunMs(state, own, job), rules);
  if (isEnough && job.isSaturated()) {
    return { type: "wait", again: rules.scaleOutAfterMs };
  }
  const patience = own.length === 0 ? 0 : decidePatience(own, job, rules);
  return patience > 0 ? { type: "wait", again: patience } : decideNew(state, job.need, rules);
}

/** On busy processors, a run of so many ms is likely to wait for something else most of the time. */
const WAITING_RUN_MS = 50;

/** How many containers of an action are of use on busy processors, by how long its runs take. */
function toContainersMax(runMs: number, { cores }: PlacementRules): number {
  return cores * Math.max(1, runMs / WAITING_RUN_MS);
}

/**
 * By the runs that have ended, or by those that go on where most have taken longer already: a single one
 * may just not have got a processor.
 */
function estimateRunMs(state: PoolState, own: readonly Slot[], job: WaitingFor): number {
  const ages = own
    .filter((slot) => slot.state === "warm")
    .map((slot) => job.now - slot.lastUsed)
    .sort((a, b) => a - b);
  const usual = ages[Math.floor((ages.length - 1) / 2)] ?? 0;
  return Math.max(state.runMs(job.need.key) ?? 0, usual);
}

/** How much longer, in ms, a job should wait for one of its action's containers, all of them taken. */
function decidePatience(own: readonly Slot[], job: WaitingFor, rules: PlacementRules): number {
  const waited = job.now - job.since;
  const atMost = rules.waitMsMax - waited;
  if (own.some((slot) => slot.state !== "warm")) {
    // One that takes many jobs is worth any wait, as it is about to take this one.
    return job.need.concurrency > 1 ? Number.POSITIVE_INFINITY : atMost;
  }
  const lastTaken = Math.max(...own.map((slot) => slot.lastUsed));
  const still = rules.scaleOutAfterMs - Math.min(waited, job.now - lastTaken);
  return Math.min(atMost, still);
}

/**
 * Runs that are so short cost less than what it takes to hand over each of them alone: a container that
 * always has the next one at hand need not be waited for, and answers come several at a time.
 */
const AHEAD_RUN_MS = 5;
/** Runs that a container has at a time. */
const AHEAD_MAX = 8;

export function hasRoomAhead(state: PoolState, { state: stage, active, need }: Slot): boolean {
  if (stage !== "warm" || need === undefined || need.concurrency > 1) return false;
  return active < AHEAD_MAX && isShort(state, need.key);
}

function isShort(state: PoolState, key: string): boolean {
  return (state.runMs(key) ?? AHEAD_RUN_MS) < AHEAD_RUN_MS;
}

/** Very short runs on busy processors: one more container for each that has much at hand, up to one a processor. */
function decideFlooded(
  state: PoolState,
  own: readonly Slot[],
  { job, rules }: { readonly job: WaitingFor; readonly rules: PlacementRules },
): Placement | undefined {
  if (own.length < rules.cores && own.every(({ active }) => active >= AHEAD_MAX / 2)) {
    const more = decideNew(state, job.need, rules);
    if (more.type !== "wait") return more;
  }
  const slot = pickAhead(state, own, { job, rules });
  return slot === undefined ? undefined : { type: "ahead", slot };
}

/** Behind as many of them as there are processors: more would each have less at hand. */
function pickAhead(
  state: PoolState,
  own: readonly Slot[],
  { job, rules }: { readonly job: WaitingFor; readonly rules: PlacementRules },
): Slot | undefined {
  let best: Slot | undefined;
  let left = rules.cores;
  for (const slot of own) {
    if (slot.state !== "warm") continue;
    if (left-- === 0) break;
    if (best !== undefined && slot.active >= best.active) continue;
    if (hasRoomAhead(state, slot) && job.mayGoAhead(slot)) best = slot;
  }
  return best;
}

function pickWarm(own: readonly Slot[], need: Need): Slot | undefined {
  let best: Slot | undefined;
  for (const slot of own) {
    if (slot.state !== "warm" || slot.active >= need.concurrency) continue;
    if (best === undefined || slot.lastUsed > best.lastUsed) best = slot;
  }
  return best;
}

function decideNew(state: PoolState, need: Need, rules: PlacementRules): Placement {
  // At least one container, however small the pool is.
  const share = Math.max(need.memoryMb, state.memoryMbTotal * rules.namespaceShare);
  const over = state.memoryMbOf(need.namespace) + need.memoryMb - share;
  const evict = over > 0 ? pickOwn(state, need.namespace, over) : [];
  if (evict === undefined) return WAIT;
  const stemCell = pickStemCell(state, need);
  if (stemCell !== undefined && evict.length === 0) return { type: "stem-cell", slot: stemCell };
  if (state.starting >= rules.startsMax) return WAIT;
  const short = need.memoryMb - state.memoryMbFree - sumMemoryMb(evict);
  if (short <= 0) return evict.length === 0 ? CREATE : { type: "create", evict };
  const others = pickVictims(state, { shortMb: short, spare: evict });
  return others === undefined ? WAIT : { type: "create", evict: [...evict, ...others] };
}

function pickStemCell(state: PoolState, need: Need): Slot | undefined {
  // A container is told when it is made whether it may take several runs at a time; these may not.
  if (need.concurrency > 1) return undefined;
  for (const slot of state.slots()) {
    if (slot.state === "stem-cell" && slot.kind === need.kind && slot.memoryMb === need.memoryMb) {
      return slot;
    }
  }
  return undefined;
}

function isIdle(slot: Slot): boolean {
  return slot.state === "warm" && slot.active === 0;
}

/** The namespace's own idle containers that make up so much memory, longest idle first. */
function pickOwn(state: PoolState, namespace: string, shortMb: number): Slot[] | undefined {
  const idle = [...state.slots()]
    .filter((slot) => isIdle(slot) && slot.need?.namespace === namespace)
    .sort((a, b) => a.lastUsed - b.lastUsed);
  return takeUntil(idle, shortMb);
}

/** Idle containers, those of the namespace with most memory first; stem cells last. */
function pickVictims(
  state: PoolState,
  { shortMb, spare }: { shortMb: number; spare: readonly Slot[] },
): Slot[] | undefined {
  const weight = (slot: Slot) =>
    slot.need === undefined ? -1 : state.memoryMbOf(slot.need.namespace);
  const victims = [...state.slots()]
    .filter((slot) => (isIdle(slot) || slot.state === "stem-cell") && !spare.includes(slot))
    .sort((a, b) => weight(b) - weight(a) || a.lastUsed - b.lastUsed);
  return takeUntil(victims, shortMb);
}

function takeUntil(slots: readonly Slot[], memoryMb: number): Slot[] | undefined {
  const taken: Slot[] = [];
  let sum = 0;
  for (const slot of slots) {
    if (sum >= memoryMb) break;
    taken.push(slot);
    sum += slot.memoryMb;
  }
  return sum >= memoryMb ? taken : undefined;
}

function sumMemoryMb(slots: readonly Slot[]): number {
  return slots.reduce((sum, slot) => sum + slot.memoryMb, 0);
}
