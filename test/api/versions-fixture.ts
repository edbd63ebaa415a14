// What the tests of versions and aliases share: actions whose results say which code they have, and what
// ran.

import assert from "node:assert/strict";
import type { Answer, Brisk } from "../harness.ts";
import {
  ACTIONS,
  type ActivationRecord,
  annotationOf,
  invoke,
  type Json,
  putAction,
} from "./fixture.ts";

export function say(what: number | string): string {
  return `exports.main = (all) => ({ ...all, is: ${JSON.stringify(what)} })`;
}

/** The code of version 0.0.n says n. */
export async function putVersions(brisk: Brisk, name: string, count: number): Promise<void> {
  for (let is = 1; is <= count; is++) await putAction(brisk, { name, code: say(is) });
}

export function update(brisk: Brisk, name: string, body: Json): Promise<Answer> {
  return brisk.request("PUT", `${ACTIONS}/${name}?overwrite=true`, { body });
}

/** The answered version. */
export async function setAliases(brisk: Brisk, name: string, value: unknown): Promise<unknown> {
  const answer = await update(brisk, name, { annotations: [{ key: "aliases", value }] });
  assert.equal(answer.status, 200, answer.text);
  return (answer.json as Json)["version"];
}

/** What ran: version, what the code says, and the alias that chose. */
export async function run(brisk: Brisk, name: string, query = ""): Promise<readonly unknown[]> {
  const answer = await invoke(brisk, name, { query: `blocking=true${query}` });
  assert.equal(answer.status, 200, answer.text);
  return toRan(answer.json as ActivationRecord);
}

export function toRan(record: ActivationRecord): readonly unknown[] {
  const { is } = record.response.result as Json;
  return [record.version, is, annotationOf(record, "alias")];
}

export async function listVersions(brisk: Brisk, name: string): Promise<readonly unknown[]> {
  const answer = await brisk.request("GET", `${ACTIONS}/${name}?versions=true`);
  assert.equal(answer.status, 200, answer.text);
  return (answer.json as readonly Json[]).map(({ version }) => version);
}
