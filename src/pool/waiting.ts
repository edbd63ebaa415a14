// Jobs that wait for a container: first come, first served within a key; by key and namespace, so that
// nobody's flood stands in front of another's job. Bounded by whoever submits (the bus's in-flight bound).

import type { Need } from "./state.ts";

interface Waiting<Job> {
  readonly job: Job;
  readonly since: number;
}

export interface WaitingLine {
  readonly need: Need;
  /** The head's time of arrival. */
  readonly since: number;
}

/** A first-in first-out list whose head is taken in constant time on average. */
class Line<Job> {
  readonly need: Need;
  #items: Waiting<Job>[] = [];
  #taken = 0;

  constructor(need: Need) {
    this.need = need;
  }

  push(item: Waiting<Job>): void {
    this.#items.push(item);
  }

  head(): Waiting<Job> | undefined {
    return this.#items[this.#taken];
  }

  shift(): Waiting<Job> | undefined {
    const item = this.#items[this.#taken++];
    // Moving what is left costs as much as was taken since the last time.
    if (this.#taken * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}

export class WaitingJobs<Job> {
  readonly #namespaces = new Map<string, Map<string, Line<Job>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Other namespaces that have jobs here. */
  countOthers(namespace: string): number {
    return this.#namespaces.size - (this.#namespaces.has(namespace) ? 1 : 0);
  }

  /** Namespaces that have jobs here. */
  get namespaces(): readonly string[] {
    return [...this.#namespaces.keys()];
  }

  push(need: Need, { job, now }: { job: Job; now: number }): void {
    let lines = this.#namespaces.get(need.namespace);
    if (lines === undefined) {
      lines = new Map();
      this.#namespaces.set(need.namespace, lines);
    }
    let line = lines.get(need.key);
    if (line === undefined) {
      line = new Line(need);
      lines.set(need.key, line);
    }
    line.push({ job, since: now });
    this.#size++;
  }

  has(need: Need): boolean {
    return this.#namespaces.get(need.namespace)?.has(need.key) ?? false;
  }

  take(need: Need): Job | undefined {
    const lines = this.#namespaces.get(need.namespace);
    const line = lines?.get(need.key);
    const item = line?.shift();
    if (lines === undefined || line === undefined || item === undefined) return undefined;
    this.#size--;
    if (line.head() === undefined) lines.delete(need.key);
    if (lines.size === 0) this.#namespaces.delete(need.namespace);
    return item.job;
  }

  head(need: Need): Job | undefined {
    return this.#namespaces.get(need.namespace)?.get(need.key)?.head()?.job;
  }

  /** When the line's head came. */
  headSince(need: Need): number | undefined {
    return this.#namespaces.get(need.namespace)?.get(need.key)?.head()?.since;
  }

  /** When the one of a namespace came that has waited longest. Asked at each end of a run. */
  oldestSince(namespace: string): number | undefined {
    let oldest: number | undefined;
    for (const line of this.#namespaces.get(namespace)?.values() ?? []) {
      const since = line.head()?.since;
      if (since !== undefined && (oldest === undefined || since < oldest)) oldest = since;
    }
    return oldest;
  }

  /** The heads of a namespace's lines, longest waiting first. */
  lines(namespace: string): readonly WaitingLine[] {
    const lines: WaitingLine[] = [];
    for (const line of this.#namespaces.get(namespace)?.values() ?? []) {
      const head = line.head();
      if (head !== undefined) lines.push({ need: line.need, since: head.since });
    }
    return lines.sort((a, b) => a.since - b.since);
  }

  /** Takes all, in no particular order. */
  clear(): readonly Job[] {
    const jobs: Job[] = [];
    for (const namespace of this.namespaces) {
      for (const { need } of this.lines(namespace)) {
        for (let job = this.take(need); job !== undefined; job = this.take(need)) jobs.push(job);
      }
    }
    return jobs;
  }
}
