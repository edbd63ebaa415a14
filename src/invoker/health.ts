// Whether an invoker can do its work, from how its last containers went: OpenWhisk's rule, by which more
// than three failures of the last ten make it unhealthy until others succeed.

const REMEMBERED = 10;
const FAILURES_MAX = 3;

export class Health {
  /** The latest last; true for a failure. */
  #failures: readonly boolean[] = [];

  /** A container could be had, or could not be made. */
  add({ failed }: { readonly failed: boolean }): void {
    // Nothing to forget and nothing to remember: the usual case costs nothing.
    if (!failed && this.#failures.length === 0) return;
    const kept = [...this.#failures, failed].slice(-REMEMBERED);
    this.#failures = kept.includes(true) ? kept : [];
  }

  get isHealthy(): boolean {
    return this.#failures.filter((failed) => failed).length <= FAILURES_MAX;
  }
}
