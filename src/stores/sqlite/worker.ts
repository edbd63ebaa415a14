// The stores' thread: opens the databases, and answers calls in the order in which they come.

import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../kernel/invariant.ts";
import { SqliteActivations } from "./activations.ts";
import { type Call, type Reply, type Stores, toCallFailure } from "./calls.ts";
import { SqliteEntities } from "./entities.ts";
import type { EntityRow } from "./entity-rows.ts";
import { type IdempotencyLimits, SqliteIdempotency } from "./idempotency.ts";
import { type Retention, startPruning } from "./pruning.ts";
import { SqliteSubjects, watchSubjects } from "./subjects.ts";

const port = parentPort;
invariant(port !== null, "the stores' thread is started as a worker");

const { directory, retention, idempotency } = workerData as {
  readonly directory: string;
  readonly idempotency: IdempotencyLimits;
  readonly retention: Retention;
};
const say = (reply: Reply, moved: readonly Uint8Array<ArrayBuffer>[] = []) =>
  port.postMessage(
    reply,
    moved.map(({ buffer }) => buffer),
  );

function open(): Stores {
  return {
    entities: new SqliteEntities(directory),
    subjects: new SqliteSubjects(directory),
    activations: new SqliteActivations(directory, (cause) =>
      say({ type: "held-up", failure: toCallFailure(cause, directory) }),
    ),
    idempotency: new SqliteIdempotency(directory, idempotency),
  };
}

/** In the order of the calls, but for the methods that wait for something. */
async function answer(stores: Stores, call: Call): Promise<void> {
  const { id, store, method, values, lent = [] } = call;
  try {
    const target = stores[store] as unknown as Record<string, (...given: unknown[]) => unknown>;
    const given = target[method]?.(...values);
    const value = given instanceof Promise ? await given : given;
    say({ type: "done", id, value, lent }, [...lent, ...toLarge(value)]);
  } catch (cause) {
    say({ type: "failed", id, failure: toCallFailure(cause, directory), lent }, lent);
  }
}

/** Of an entity that is read its large code, of a list its pieces: handed over, not copied. */
function toLarge(value: unknown): Uint8Array<ArrayBuffer>[] {
  if (Array.isArray(value)) return (value as unknown[]).filter(isBytes);
  const code = (value as Partial<EntityRow> | null | undefined)?.code;
  return isBytes(code) ? [code] : [];
}

function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array;
}

try {
  const stores = open();
  const watch = watchSubjects(stores.subjects, () => say({ type: "subjects-changed" }));
  const { activationAgeMs, activationsMax } = retention;
  const pruning = startPruning(
    [
      () => stores.activations.pruneOld(Date.now() - activationAgeMs),
      () => stores.activations.pruneExcess(activationsMax),
      () => stores.idempotency.prune(Date.now()),
    ],
    (cause) => say({ type: "pruning-failed", failure: toCallFailure(cause, directory) }),
  );
  const close = async () => {
    watch[Symbol.dispose]();
    pruning[Symbol.dispose]();
    const { activations, ...others } = stores;
    for (const store of Object.values(others)) store[Symbol.dispose]();
    await activations[Symbol.asyncDispose]();
    say({ type: "closed" });
    port.close();
  };
  port.on("message", (call: Call | "close") => {
    void (call === "close" ? close() : answer(stores, call));
  });
  say({ type: "opened" });
} catch (cause) {
  say({ type: "failed", id: 0, failure: toCallFailure(cause, directory) });
}
