// How an admin command reaches the subjects, and how it ends: `wskadmin` prints everything on stdout.

import type { Command } from "commander";
import { BriskError } from "../kernel/errors.ts";
import type { Subjects } from "../roles/administration.ts";
import { EXIT } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { chooseDataDirectory } from "./data-option.ts";

/** Ends an admin command: its message goes to stdout, as `wskadmin`'s. */
export class AdminFailure extends Error {
  override readonly name = "AdminFailure";
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    const { exitCode = EXIT.general, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

export function usageFailure(message: string): AdminFailure {
  return new AdminFailure(message, { exitCode: EXIT.usage });
}

/** What the database says of a document that is not there. */
export const MISSING = '{"error":"not_found","reason":"missing"}';

export async function withSubjects(
  { context, command }: { context: CliContext; command: Command },
  work: (subjects: Subjects) => Promise<void>,
): Promise<void> {
  const { openSubjectsOf } = await import("../roles/administration.ts");
  await using subjects = openSubjectsOf(chooseDataDirectory(context, command));
  await reporting(context, () => work(subjects));
}

export async function reporting(context: CliContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof AdminFailure)) throw cause;
    context.terminal.print(cause.message);
    context.setExitCode(cause.exitCode);
  }
}

/** As `storing`, of what is written by what was read: two commands at a time follow one another. */
export function changing<T>(subjects: Subjects, what: string, work: () => Promise<T>): Promise<T> {
  return storing(what, () => subjects.exclusively(work));
}

/** What the store refuses, in `wskadmin`'s words: `Failed to create subject (…)`. */
export async function storing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof BriskError)) throw cause;
    throw new AdminFailure(`Failed to ${what} (${cause.message})`, { cause });
  }
}
