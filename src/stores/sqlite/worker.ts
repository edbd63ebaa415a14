// The stores' thread: opens the databases, and answers calls in the order in which they come.

import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../kernel/invariant.ts";
import { SqliteActivations } from "./activations.ts";
import { type Call, type Reply, type Stores, toCallFailure } from "./calls.ts";
import { SqliteEntities } from "./entities.ts";
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
const say = (reply: Reply) => port.postMessage(reply);

function open(): Stores {
  return {
    entities: new SqliteEntities(directory),
    subjects: new SqliteSubjects(directory),
    activations: new SqliteActivations(directory),
    idempotency: new SqliteIdempotency(directory, idempotency),
  };
}

function answer(stores: Stores, { id, store, method, values }: Call): void {
  try {
    const target = stores[store] as unknown as Record<string, (...given: unknown[]) => unknown>;
    say({ type: "done", id, value: target[method]?.(...values) });
  } catch (cause) {
    say({ type: "failed", id, failure: toCallFailure(cause, directory) });
  }
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
  port.on("message", (call: Call | "close") => {
    if (call !== "close") {
      answer(stores, call);
      return;
    }
    watch[Symbol.dispose]();
    pruning[Symbol.dispose]();
    for (const store of Object.values(stores)) store[Symbol.dispose]();
    say({ type: "closed" });
    port.close();
  });
  say({ type: "opened" });
} catch (cause) {
  say({ type: "failed", id: 0, failure: toCallFailure(cause, directory) });
}
