// What the tests of packages together with other parts share: things that belong to one or another, and
// that are not to be there in vain.

import assert from "node:assert/strict";
import type { Answer, Brisk } from "../harness.ts";
import type { Json } from "./fixture.ts";
import { createTenant } from "./tenants.ts";
import { toKeyValues } from "./web-fixture.ts";

export interface Owner {
  readonly namespace: string;
  request(method: string, path: string, body?: unknown): Promise<Answer>;
}

export function guestOf({ namespace, request }: Brisk): Owner {
  return { namespace, request: (method, path, body) => request(method, path, { body }) };
}

export async function createOwner(brisk: Brisk, namespace: string): Promise<Owner> {
  const { request } = await createTenant(brisk, namespace);
  return { namespace, request };
}

/** Creates or updates; `path` begins with the collection. */
export async function put(
  { namespace, request }: Owner,
  path: string,
  body: Json = {},
): Promise<Json> {
  const url = `/api/v1/namespaces/${namespace}/${path}?overwrite=true`;
  const answer = await request("PUT", url, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Json;
}

export interface Described {
  readonly parameters?: Json;
  readonly annotations?: Json;
}

export function putCode(
  owner: Owner,
  name: string,
  { code, ...described }: Described & { readonly code: string },
): Promise<Json> {
  return put(owner, `actions/${name}`, {
    ...toBody(described),
    exec: { kind: "nodejs:24", code },
  });
}

export function putPackage(
  owner: Owner,
  name: string,
  { publish = false, ...described }: Described & { readonly publish?: boolean } = {},
): Promise<Json> {
  return put(owner, `packages/${name}`, { ...toBody(described), publish });
}

/** `provider` is `namespace/name`. */
export function bind(
  owner: Owner,
  name: string,
  { provider, ...described }: Described & { readonly provider: string },
): Promise<Json> {
  const [namespace, providerName] = provider.split("/");
  const binding = { namespace, name: providerName };
  return put(owner, `packages/${name}`, { ...toBody(described), binding });
}

/** Shares a package, or ends that. */
export async function share(owner: Owner, name: string, publish: boolean): Promise<void> {
  await put(owner, `packages/${name}`, { publish });
}

export function refusal(resource: string): string {
  return `The supplied authentication is not authorized to access '${resource}'.`;
}

function toBody({ parameters = {}, annotations = {} }: Described): Json {
  return { parameters: toKeyValues(parameters), annotations: toKeyValues(annotations) };
}
