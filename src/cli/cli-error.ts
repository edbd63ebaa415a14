// How a command ends badly: one sentence for stderr and an exit code, the same codes as `wsk` has.

export const EXIT = {
  success: 0,
  /** Wrong arguments, bad JSON, bad names. */
  general: 1,
  /** A file, a key or a value that is missing or cannot be used. */
  usage: 2,
  network: 3,
  /** What `wsk` ends with where flags exclude one another. */
  conflictingFlags: 149,
} as const;

/** Exit codes have eight bits: 404 becomes 148, and a blocking invocation's 202 stays. */
export function toExitCode(status: number): number {
  return status & 0xff;
}

export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    const { exitCode = EXIT.general, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** What fails inside says what was attempted: `Unable to create action 'x': …`. */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause;
    throw new CliError(`Unable to ${what}: ${cause.message}`, { exitCode: cause.exitCode, cause });
  }
}
