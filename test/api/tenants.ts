// Subjects of a running platform, made and limited from outside it, as the admin commands do.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { NamespaceLimits } from "../../src/entities/limits.ts";
import type { EntityName } from "../../src/entities/names.ts";
import type { Subject } from "../../src/entities/subject.ts";
import { createSecret } from "../../src/kernel/ids.ts";
import { openSubjects } from "../../src/stores/sqlite/subjects.ts";
import type { Answer, Brisk } from "../harness.ts";
import { type Json, waitFor } from "./fixture.ts";

export interface Tenant {
  readonly subject: Subject;
  /** The path of its actions; it has one called `quick`. */
  readonly actions: string;
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Resolves when the platform knows of them. */
  limit(limits: NamespaceLimits): Promise<void>;
}

export const EXEC = { kind: "nodejs:24", code: "exports.main = () => ({})" };

export function basic(pair: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

export function createKey(name: string) {
  return { name: name as EntityName, uuid: randomUUID(), key: createSecret(64) };
}

/** Creates or replaces. */
export async function putSubject(brisk: Brisk, subject: Subject): Promise<void> {
  await using subjects = openSubjects(brisk.data);
  await subjects.put(subject);
}

export async function deleteSubject(brisk: Brisk, name: string): Promise<void> {
  await using subjects = openSubjects(brisk.data);
  assert.ok(await subjects.delete(name));
}

export async function createTenant(brisk: Brisk, name: string): Promise<Tenant> {
  const own = createKey(name);
  const subject = { subject: name, namespaces: [own] };
  await putSubject(brisk, subject);
  const headers = basic(`${own.uuid}:${own.key}`);
  const actions = `/api/v1/namespaces/${name}/actions`;
  const request = (method: string, path: string, body?: unknown) =>
    brisk.request(method, path, { headers, body });
  assert.equal((await request("PUT", `${actions}/quick`, { exec: EXEC })).status, 200);
  return { subject, actions, request, limit: (limits) => limit(brisk, { name, request, limits }) };
}

async function limit(
  brisk: Brisk,
  {
    name,
    request,
    limits,
  }: Pick<Tenant, "request"> & { readonly name: string; readonly limits: NamespaceLimits },
): Promise<void> {
  await using subjects = openSubjects(brisk.data);
  await subjects.putLimits(name, limits);
  await waitFor(async () => {
    const shown = (await request("GET", `/api/v1/namespaces/${name}/limits`)).json as Json;
    const isShown = ([key, value]: [string, unknown]) =>
      JSON.stringify(shown[key]) === JSON.stringify(value);
    return Object.entries(limits).every(isShown) || undefined;
  });
}
