// Compositions as one writes them for `compose`, deployed with the Composer's own client.

import { createRequire } from "node:module";
import { createContext, runInContext } from "node:vm";
import type { Json } from "../../api/fixture.ts";
import type { Brisk } from "../../harness.ts";

interface Composition {
  compile(): Json;
}
/** What is deployed, and as the client has it: all in their order. */
type Deployment = [composition: Json, overwrite: boolean, ...rest: unknown[]];
interface Client {
  readonly compositions: { deploy(...deployment: Deployment): Promise<readonly unknown[]> };
}

const load = createRequire(import.meta.url);
const COMPOSER = load("openwhisk-composer") as Record<string, (...args: unknown[]) => Composition>;
const openClient = load("openwhisk-composer/client") as (options: Json, basic: true) => Client;

export interface DeployOptions {
  readonly overwrite?: boolean;
  readonly annotations?: readonly Json[];
  /** Of each step of the conductor; absent: the Composer's own, a minute. */
  readonly timeoutMs?: number;
}

export async function deploy(
  brisk: Brisk,
  { name, source }: { readonly name: string; readonly source: string },
  { overwrite = true, annotations = [], timeoutMs }: DeployOptions = {},
): Promise<void> {
  const composition = runInContext(source, createContext({ composer: COMPOSER })) as Composition;
  const options = { apihost: brisk.url, api_key: brisk.auth, namespace: "_" };
  const client = openClient(options, true);
  const deployed = { ...composition.compile(), name, annotations };
  const [debug, kind] = [undefined, undefined];
  await client.compositions.deploy(deployed, overwrite, debug, kind, timeoutMs);
}
