// Stored activations by the hundred thousand, put straight through the store's own insert: invoked,
// they would take longer than all that is measured on them.

import type { KeyValue } from "../src/entities/action.ts";
import { type ActivationDocument, toDocument } from "../src/entities/activation.ts";
import type { EntityName } from "../src/entities/names.ts";
import { createActivationId } from "../src/kernel/ids.ts";
import { toRawJson } from "../src/kernel/json.ts";
import { SqliteActivations } from "../src/stores/sqlite/activations.ts";

export interface SeedOptions {
  /** The data directory of a platform that does not run. */
  readonly data: string;
  readonly activations: number;
}

export interface Seeded {
  /** Bounds of the listed time: as many activations lie in it, however many there are. */
  readonly since: number;
  readonly upto: number;
}

/** Every tenth is of the action that is listed. */
const ACTIONS = 10;
export const LISTED_NAME: EntityName = nameOf(0);
const BATCH = 5000;
const APART_MS = 1000;
const LISTED_MS = 600 * APART_MS;
const RUN_MS = 3;

export async function seedActivations({ data, activations }: SeedOptions): Promise<Seeded> {
  await using store = new SqliteActivations(data);
  const until = Date.now();
  for (let from = 0; from < activations; from += BATCH) {
    const count = Math.min(BATCH, activations - from);
    store.insert(
      Array.from({ length: count }, (_, index) =>
        toSeed(from + index, until - (activations - from - index) * APART_MS),
      ),
    );
  }
  return { since: until - LISTED_MS, upto: until };
}

function nameOf(index: number): EntityName {
  return `seeded-${index % ACTIONS}` as EntityName;
}

function toSeed(index: number, start: number): ActivationDocument {
  const name = nameOf(index);
  return toDocument({
    activationId: createActivationId(),
    namespace: "guest" as EntityName,
    subject: "guest",
    name,
    filterName: name,
    version: "0.0.1",
    start,
    end: start + RUN_MS,
    duration: RUN_MS,
    annotations: ANNOTATIONS,
    response: { statusCode: 0, result: toRawJson({ greeting: "Hello bench" }), size: 26 },
    logs: [],
  });
}

const ANNOTATIONS: readonly KeyValue[] = [
  { key: "path", value: "guest/seeded" },
  { key: "waitTime", value: 2 },
  { key: "kind", value: "nodejs:24" },
  { key: "timeout", value: false },
  { key: "limits", value: { concurrency: 1, logs: 10, memory: 256, timeout: 60_000 } },
];
