// The requests that several of the commands on activations make.

import { toObject } from "./answers.ts";
import type { RestClient } from "./rest-client.ts";

/** Always one's own: the API has no other's. */
export const ACTIVATIONS = "/namespaces/_/activations";

export async function readActivation(
  client: RestClient,
  id: string,
  part: "" | "/result",
): Promise<unknown> {
  const path = `${ACTIVATIONS}/${encodeURIComponent(id)}${part}`;
  return await client.call({ method: "GET", path });
}

export async function readLogs(
  client: RestClient,
  id: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const path = `${ACTIVATIONS}/${encodeURIComponent(id)}/logs`;
  const { logs } = toObject(await client.call({ method: "GET", path, signal }));
  return Array.isArray(logs) ? logs.map(String) : [];
}
