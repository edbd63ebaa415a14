// What the threads say to each other: calls of the stores' methods, and their answers.

import { BriskError, type ErrorCode } from "../../kernel/errors.ts";
import type { SqliteActivations } from "./activations.ts";
import { toStorageError } from "./database.ts";
import type { SqliteEntities } from "./entities.ts";
import type { SqliteIdempotency } from "./idempotency.ts";
import type { SqliteSubjects } from "./subjects.ts";

export interface Stores {
  readonly entities: SqliteEntities;
  readonly subjects: SqliteSubjects;
  readonly activations: SqliteActivations;
  readonly idempotency: SqliteIdempotency;
}

export interface Call {
  readonly id: number;
  readonly store: keyof Stores;
  readonly method: string;
  readonly values: readonly unknown[];
  /** Bytes in the values that are transferred, and come back with the answer. */
  readonly lent?: readonly Uint8Array<ArrayBuffer>[];
}

export interface CallFailure {
  readonly code: ErrorCode;
  readonly text: string;
}

export type Reply =
  | { readonly type: "opened" }
  | { readonly type: "closed" }
  | { readonly type: "subjects-changed" }
  | { readonly type: "pruning-failed"; readonly failure: CallFailure }
  | { readonly type: "held-up"; readonly failure: CallFailure }
  | { readonly type: "done"; readonly id: number; readonly value: unknown; readonly lent?: Lent }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly failure: CallFailure;
      readonly lent?: Lent;
    };

type Lent = NonNullable<Call["lent"]>;

/** Errors lose their class on the way between threads. */
export function toCallFailure(cause: unknown, directory: string): CallFailure {
  const { code, message } = toStorageError(cause, directory);
  return { code, text: message };
}

export function fromCallFailure({ code, text }: CallFailure): BriskError {
  return new BriskError(code, text);
}
