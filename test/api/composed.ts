// What the tests of sequences and compositions share: actions to put together, things that only the
// store can make here, and the questions that are asked about records.

import assert from "node:assert/strict";
import type { DocumentId, EntityName, EntityPath } from "../../src/entities/names.ts";
import { SqliteEntities } from "../../src/stores/sqlite/entities.ts";
import { toWrite } from "../../src/stores/sqlite/entity-rows.ts";
import type { Answer, Brisk } from "../harness.ts";
import {
  ACTIONS,
  type ActivationRecord,
  annotationOf,
  invoke,
  type Json,
  OWN,
  putAction,
  readActivation,
} from "./fixture.ts";

export const ECHO = "exports.main = (args) => args";
/** In OpenWhisk's own tests the textbook example: lines in, lines out. */
export const LINES: Readonly<Record<string, string>> = {
  split:
    "exports.main = ({ payload, separator }) => ({ lines: payload.split(separator || /\\n/), payload })",
  sort: "exports.main = ({ lines }) => ({ lines: lines.sort(), length: lines.length })",
  head: "exports.main = ({ lines, num }) => ({ lines: lines.slice(0, num || 1), num: num || 1 })",
  cat: "exports.main = ({ lines }) => ({ payload: lines.join('\\n'), lines })",
};
export const FAILING = "exports.main = () => ({ error: 'x' })";

export async function putSequence(
  brisk: Brisk,
  name: string,
  components: readonly string[],
): Promise<Json> {
  const answer = await trySequence(brisk, name, { components });
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

/** Names without a slash are one's own. */
export function trySequence(
  brisk: Brisk,
  name: string,
  {
    components,
    ...more
  }: { readonly components: readonly string[]; readonly annotations?: unknown },
): Promise<Answer> {
  const absolute = components.map((each) => (each.startsWith("/") ? each : `/_/${each}`));
  const exec = { kind: "sequence", components: absolute };
  return brisk.request("PUT", `${ACTIONS}/${name}?overwrite=true`, { body: { exec, ...more } });
}

export async function putActions(
  brisk: Brisk,
  actions: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, code] of Object.entries(actions)) await putAction(brisk, { name, code });
}

/** Something of another type in the guest's namespace. */
export async function putEntity(
  brisk: Brisk,
  collection: "packages" | "triggers",
  name: string,
): Promise<void> {
  const answer = await brisk.request("PUT", `${OWN}/${collection}/${name}`, { body: {} });
  assert.equal(answer.status, 200, answer.text);
}

/** Sequences that no check would let pass; they must not have been looked for before. */
export function putUnchecked(brisk: Brisk, sequences: Readonly<Record<string, string[]>>): void {
  const limits = { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 };
  const rest = { version: "0.0.1", parameters: [], annotations: [], limits, publish: false };
  for (const [name, components] of Object.entries(sequences)) {
    const exec = { kind: "sequence", components };
    putDocument(brisk, name, { ...rest, exec });
  }
}

function putDocument(brisk: Brisk, name: string, more: object): void {
  using entities = new SqliteEntities(brisk.data);
  const { namespace } = brisk;
  const id = `${namespace}/${name}` as DocumentId;
  const placed = { namespace: namespace as EntityPath, name: name as EntityName };
  const document = { ...placed, ...more, updated: Date.now() };
  entities.put(toWrite({ id, type: "action", document }));
}

export function times(count: number, name: string): string[] {
  return Array.from({ length: count }, () => name);
}

export interface Invoked {
  readonly status: number;
  readonly record: ActivationRecord;
  readonly result: unknown;
}

/** Invokes, waits, and compares what is answered with what is stored. */
export async function invokeWhole(brisk: Brisk, name: string, body?: unknown): Promise<Invoked> {
  const { status, json, text } = await invoke(brisk, name, { body });
  const answered = json as ActivationRecord;
  assert.ok(answered.activationId, text);
  const record = await readActivation(brisk, answered.activationId);
  assert.deepEqual(answered, record, "the answer is the record, with its logs");
  return { status, record, result: record.response.result };
}

/** The records of a whole's parts, each checked for whose part it is. */
export async function readParts(
  brisk: Brisk,
  { logs, activationId, duration }: ActivationRecord,
): Promise<readonly ActivationRecord[]> {
  const parts = await Promise.all(logs.map((id) => readActivation(brisk, id)));
  for (const part of parts) {
    assert.equal((part as unknown as Json)["cause"], activationId);
    assert.equal(annotationOf(part, "causedBy"), "sequence");
  }
  const sum = parts.reduce((total, part) => total + part.duration, 0);
  assert.equal(duration, sum, "as long as its parts together");
  return parts;
}
