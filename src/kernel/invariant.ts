// Our own mistakes. A broken invariant ends the process, which accepted work survives by design;
// it never judges input.

class InvariantError extends Error {
  override readonly name = "InvariantError";
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
