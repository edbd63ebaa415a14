// What the lists of triggers and of rules have in common: flags, request, order, and the columns of name
// and visibility, as wide as `wsk` makes them.

import type { Command } from "commander";
import type { JsonObject } from "../kernel/json.ts";
import { toObjects, toText } from "./answers.ts";
import { attempt } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { addListOptions, type ListFlags } from "./list-options.ts";
import { formatJson } from "./lossless-json.ts";
import type { RestClient } from "./rest-client.ts";
import { parseTypedName, toResourcePath } from "./typed-name.ts";

export type EntityCollection = "triggers" | "rules";

export function addEntityList(noun: Command, collection: EntityCollection): Command {
  return addListOptions(
    noun
      .command("list")
      .description(`list ${collection}, newest first`)
      .argument("[/NAMESPACE]", "whose they are"),
  )
    .option("-n, --name-sort", "sort what is shown by name")
    .addHelpText("after", `\nExample:\n  brisk ${collection.slice(0, -1)} list --limit 10`);
}

interface ListRequest {
  readonly client: RestClient;
  readonly collection: EntityCollection;
  readonly typed: string | undefined;
  readonly flags: ListFlags & { readonly nameSort?: boolean };
}

export async function readEntities(request: ListRequest): Promise<readonly JsonObject[]> {
  const { client, collection, typed, flags } = request;
  const { namespace } = typed === undefined ? { namespace: "_" } : parseTypedName(typed);
  const shown = namespace === "_" ? "default" : namespace;
  const path = toResourcePath(collection, { namespace, entity: "" });
  const query = { limit: flags.limit, skip: flags.skip };
  const what = `obtain the list of ${collection} for namespace '${shown}'`;
  const entities = await attempt(what, async () =>
    toObjects(await client.call({ method: "GET", path, query })),
  );
  return flags.nameSort ? sortEntities(entities) : entities;
}

export function sortEntities(entities: readonly JsonObject[]): readonly JsonObject[] {
  const toKey = (entity: JsonObject) => toText(entity["name"]).toLowerCase();
  return [...entities].sort((a, b) => (toKey(a) < toKey(b) ? -1 : 1));
}

interface Listed {
  readonly collection: EntityCollection;
  readonly entities: readonly JsonObject[];
  readonly output: ListFlags["output"];
  /** What stands behind the visibility. */
  readonly toLast?: (entity: JsonObject) => string;
}

export function printEntities({ terminal }: CliContext, listed: Listed): void {
  const { collection, entities, output, toLast } = listed;
  terminal.print(
    output === "json" ? formatJson(entities) : formatEntities(collection, entities, toLast),
  );
}

export function formatEntities(
  collection: EntityCollection,
  entities: readonly JsonObject[],
  toLast?: Listed["toLast"],
): string {
  const rows = entities.map((entity) => {
    const name = `/${toText(entity["namespace"])}/${toText(entity["name"])}`.padEnd(NAME_WIDTH);
    if (toLast === undefined) return `${name} private`;
    return `${name} ${"private".padEnd(VISIBILITY_WIDTH)} ${toLast(entity)}`;
  });
  return [collection, ...rows].join("\n");
}

const NAME_WIDTH = 70;
const VISIBILITY_WIDTH = 20;
