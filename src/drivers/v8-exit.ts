// How a Node process shows that it ran out of its own heap, which it does before the container's memory
// is used up: it writes so and aborts.

import type { Exit } from "./launched-container.ts";

/** Abort and trap, as a signal, as a shell reports them, and as a sandbox's first process ends. */
const ABORT_CODES: readonly (number | null)[] = [133, 134, 139];
const ABORT_SIGNALS: readonly (string | null)[] = ["SIGABRT", "SIGTRAP", "SIGSEGV"];

export function isHeapExhausted({ code, signal, errorTail }: Exit): boolean {
  if (!ABORT_CODES.includes(code) && !ABORT_SIGNALS.includes(signal)) return false;
  return /heap out of memory|Allocation failed|OOM error in V8|out of memory/i.test(errorTail);
}
