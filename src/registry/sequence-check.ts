// What a sequence may be made of: not too much, nothing that is not there, not itself. Inner sequences
// count as what they are made of. Source: web-and-composition specification, 2.1.

import { type Action, isSequence } from "../entities/action.ts";
import { toComponentName } from "../entities/components.ts";
import { type DocumentId, idOf, type QualifiedName } from "../entities/names.ts";
import { BriskError, failure } from "../kernel/errors.ts";

export interface SequenceCheck {
  /** Of the sequence that is to be written. */
  readonly id: DocumentId;
  readonly components: readonly string[];
  readonly lengthMax: number;
  /** The name under which it is stored, whether it is there or not: bindings are followed. */
  readonly resolve: (name: QualifiedName) => Promise<DocumentId>;
  /** Rejects with `resource-missing`. */
  readonly find: (name: QualifiedName) => Promise<Action>;
}

/** Rejects with `invalid`, or `other-type` where a component's name is something else's. */
export async function checkSequence(check: SequenceCheck): Promise<void> {
  const { id, components, lengthMax } = check;
  if (components.length > lengthMax) throw tooLong();
  if (components.length === 0) throw invalid("No component specified for the sequence.");
  // A sequence that names itself may not be there yet.
  const names = [...new Set(components)].map(toComponentName);
  if ((await Promise.all(names.map(check.resolve))).includes(id)) throw cyclic();
  await count(check, { components, inside: [], atomicBefore: 0 });
}

interface Level {
  readonly components: readonly string[];
  /** Atomic actions that were counted before these components. */
  readonly atomicBefore: number;
  /** The inner sequences in which these components stand. */
  readonly inside: readonly DocumentId[];
}

/**
 * One component after the other, so that it ends when there are too many: sequences that were made
 * longer since they were put together may stand for more than anybody could count.
 */
async function count(check: SequenceCheck, level: Level): Promise<number> {
  const { components, inside } = level;
  if (components.length > check.lengthMax) throw tooLong();
  let atomic = level.atomicBefore;
  for (const component of components) {
    const action = await findComponent(check, component);
    const id = idOf(action);
    if (id === check.id || inside.includes(id)) throw cyclic();
    if (isSequence(action)) {
      // None runs in so many others; and what each costs to look through grows with those around it.
      if (inside.length >= check.lengthMax) throw tooLong();
      const inner = { components: action.exec.components, inside: [...inside, id] };
      atomic = await count(check, { ...inner, atomicBefore: atomic });
    } else {
      atomic++;
    }
    if (atomic > check.lengthMax) throw tooLong();
  }
  return atomic;
}

async function findComponent({ find }: SequenceCheck, component: string): Promise<Action> {
  try {
    return await find(toComponentName(component));
  } catch (cause) {
    if (!(cause instanceof BriskError) || cause.code !== "resource-missing") throw cause;
    throw invalid("Sequence component does not exist.", cause);
  }
}

function tooLong(): Error {
  return invalid("Too many actions in the sequence.");
}

function cyclic(): Error {
  return invalid("Sequence may not refer to itself.");
}

function invalid(detail: string, cause?: unknown): Error {
  return failure("invalid", { detail }, cause);
}
