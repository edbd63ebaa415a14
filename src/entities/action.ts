// Actions: the stored document. Shapes are those of the REST API, so that a GET is the document
// less what only the store needs. Source: rest-api 3.1 and 4.1, data-model 2.2.

import type { LargeText } from "../kernel/large-text.ts";
import type { ActionLimits } from "./limits.ts";
import type { EntityName, EntityPath } from "./names.ts";

/** One parameter or annotation. `init` parameters reach the action as environment, at `/init` only. */
export interface KeyValue {
  readonly key: string;
  readonly value: unknown;
  readonly init?: true;
}

/** Code of a managed kind: text, or Base64 where `binary`. */
export interface CodeExec {
  readonly kind: string;
  readonly code: string | LargeText;
  readonly binary: boolean;
  readonly main?: string;
}

/** Actions that run one after the other, each on the result of the one before: `/ns[/package]/name`. */
export interface SequenceExec {
  readonly kind: typeof SEQUENCE;
  readonly components: readonly string[];
}

export const SEQUENCE = "sequence";

export type Exec = CodeExec | SequenceExec;

export interface Action {
  readonly namespace: EntityPath;
  readonly name: EntityName;
  /** `major.minor.patch`, from 0.0.1. */
  readonly version: string;
  readonly exec: Exec;
  readonly parameters: readonly KeyValue[];
  readonly annotations: readonly KeyValue[];
  readonly limits: ActionLimits;
  readonly publish: boolean;
  /** Milliseconds since the epoch, set by the server at PUT. */
  readonly updated: number;
}

export type CodeAction = Action & { readonly exec: CodeExec };
export type SequenceAction = Action & { readonly exec: SequenceExec };

export function isSequence(action: Action): action is SequenceAction {
  return isSequenceExec(action.exec);
}

export function isSequenceExec(exec: { readonly kind: string }): exec is SequenceExec {
  return exec.kind === SEQUENCE;
}

/** An action whose code says what runs next. On a sequence the annotation means nothing. */
export function isConductor(action: Action): boolean {
  if (isSequence(action)) return false;
  return action.annotations.some(({ key, value }) => key === "conductor" && Boolean(value));
}
