// `brisk namespace`, and `brisk list`, which is `brisk namespace get`: which namespaces there are, and all
// that is in one.

import type { Command } from "commander";
import type { JsonObject } from "../kernel/json.ts";
import { formatActions, sortActions } from "./action-list.ts";
import { toObjects } from "./answers.ts";
import { attempt, CliError } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { formatEntities, sortEntities } from "./entity-list.ts";
import { formatPackages, sortPackages } from "./package.ts";
import type { RestClient } from "./rest-client.ts";
import { formatRules, readStatuses } from "./rule.ts";
import { parseTypedName, toResourcePath } from "./typed-name.ts";

export function addNamespaceCommands(noun: Command, context: CliContext): void {
  const list = noun
    .command("list")
    .description("list the namespaces that the key opens")
    .addHelpText("after", "\nExample:\n  brisk namespace list");
  addConnectionOptions(list).action(async () => {
    const names = await readNamespaces(openClient(context, list));
    context.terminal.print(["namespaces", ...names].join("\n"));
  });
  addContents(noun.command("get"), context, "brisk namespace get");
}

export function addList(command: Command, context: CliContext): void {
  addContents(command, context, "brisk list");
}

function addContents(command: Command, context: CliContext, typed: string): void {
  command
    .description("list all packages, actions, triggers and rules, 200 of each at most")
    .argument("[/NAMESPACE]", "whose they are")
    .option("-n, --name-sort", "sort them by name")
    .addHelpText("after", `\nExample:\n  ${typed} --name-sort`);
  addConnectionOptions(command).action(async (name: string | undefined) => {
    const { namespace, entity } = parseTypedName(name ?? "/_");
    if (entity !== "") throw new CliError(`'${name}' is not a namespace, must be /NAMESPACE`);
    const isSorted = command.opts<{ nameSort?: boolean }>().nameSort === true;
    const contents = await readContents(openClient(context, command), namespace);
    const sorted = <T>(entities: T, sort: (entities: T) => T) =>
      isSorted ? sort(entities) : entities;
    const shown = context.terminal.bold(namespace === "_" ? "default" : namespace);
    context.terminal.print(
      [
        `Entities in namespace: ${shown}`,
        formatPackages(sorted(contents.packages, sortPackages)),
        formatActions(sorted(contents.actions, sortActions)),
        formatEntities("triggers", sorted(contents.triggers, sortEntities)),
        formatRules(sorted(contents.rules, sortEntities)),
      ].join("\n"),
    );
  });
}

type Contents = Readonly<
  Record<"packages" | "actions" | "triggers" | "rules", readonly JsonObject[]>
>;

async function readContents(client: RestClient, namespace: string): Promise<Contents> {
  const shown = namespace === "_" ? "default" : namespace;
  const read = (collection: keyof Contents) =>
    attempt(`obtain the list of ${collection} for namespace '${shown}'`, async () => {
      const path = toResourcePath(collection, { namespace, entity: "" });
      // The most that there are on a page.
      return toObjects(await client.call({ method: "GET", path, query: { limit: 0, skip: 0 } }));
    });
  return {
    packages: await read("packages"),
    actions: await read("actions"),
    triggers: await read("triggers"),
    rules: await readStatuses(client, await read("rules")),
  };
}

export async function readNamespaces(client: RestClient): Promise<readonly string[]> {
  return await attempt("obtain the list of available namespaces", async () => {
    const answer = await client.call({ method: "GET", path: "/namespaces" });
    return Array.isArray(answer) ? answer.map(String) : [];
  });
}
