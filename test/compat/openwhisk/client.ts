// The `openwhisk` npm client against a test's platform. Its own types name not all that it can do, and
// some fields wrongly: here an answer is what the test says of it.

import openwhisk from "openwhisk";
import type { Brisk } from "../../harness.ts";

type Options = string | Readonly<Record<string, unknown>>;

export interface Answered {
  readonly activationId: string;
  readonly name: string;
  readonly response: { readonly result: unknown };
}

/** A resource's operations, of which none has all. */
interface Resource {
  list(options?: Options): Promise<readonly Answered[]>;
  get(options: Options): Promise<Answered>;
  create(options: Options): Promise<Answered>;
  update(options: Options): Promise<Answered>;
  delete(options: Options): Promise<Answered>;
  invoke(options: Options): Promise<Answered>;
  enable(options: Options): Promise<unknown>;
  disable(options: Options): Promise<unknown>;
  logs(options: Options): Promise<unknown>;
  result(options: Options): Promise<unknown>;
}

type Name = "actions" | "activations" | "feeds" | "namespaces" | "packages" | "rules" | "triggers";

export function connect({ url, auth }: Pick<Brisk, "url" | "auth">): Record<Name, Resource> {
  const client: unknown = openwhisk({ apihost: url, api_key: auth });
  return client as Record<Name, Resource>;
}

export function toNames(found: readonly Answered[]): readonly string[] {
  return found.map(({ name }) => name).toSorted((a, b) => (a < b ? -1 : 1));
}
