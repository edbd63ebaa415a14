// Users on the host as which sandboxes run where Brisk is root: one each, so that what the kernel counts
// by user is counted by container, and none of them anybody's.

import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";

/** Above what distributions, systemd and user namespaces' mappings hand out, below what 31 bits hold. */
const FIRST_USER_ID = 1_900_000_000;
const USERS_MAX = 1_000_000;
/** Where this process itself lives in a mapping of few users, the last of them, but for `nobody`. */
const FEW_USERS = 1024;

/** `undefined` where this process may not choose: it is not root, or root of a mapping that has too few. */
export function openSandboxUsers(): SandboxUsers | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const mapped = countMapped(readFileSync("/proc/self/uid_map", "utf8"));
  return mapped > FEW_USERS + 1 ? new SandboxUsers(mapped) : undefined;
}

/** Ids from 0 on. */
function countMapped(uidMap: string): number {
  return uidMap
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .reduce((end, [first = 0, , count = 0]) => Math.max(end, first + count), 0);
}

class SandboxUsers {
  readonly #first: number;
  readonly #count: number;
  /** Somewhere among them, so that another platform on this machine hardly ever has the same ones. */
  readonly #offset: number;
  readonly #taken = new Set<number>();

  /** @param mapped how many ids from 0 on there are */
  constructor(mapped: number) {
    const hasAll = mapped >= FIRST_USER_ID + USERS_MAX;
    this.#first = hasAll ? FIRST_USER_ID : Math.max(1, mapped - FEW_USERS - 2);
    this.#count = hasAll ? USERS_MAX : FEW_USERS;
    this.#offset = randomInt(this.#count);
  }

  /** @returns a user that no container has; whoever takes it gives it back */
  take(): number {
    for (let index = 0; index < this.#count; index += 1) {
      const id = this.#first + ((this.#offset + index) % this.#count);
      if (this.#taken.has(id)) continue;
      this.#taken.add(id);
      return id;
    }
    throw new Error(`Cannot start container: all ${this.#count} users for containers are in use`);
  }

  giveBack(id: number): void {
    this.#taken.delete(id);
  }
}
