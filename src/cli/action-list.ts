// `brisk action list` and `delete`.

import type { Command } from "commander";
import type { JsonObject } from "../kernel/json.ts";
import { findAnnotation, toObjects, toText } from "./answers.ts";
import { attempt } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { addListOptions, type ListFlags } from "./list-options.ts";
import { formatJson } from "./lossless-json.ts";
import { parseEntityName, parseTypedName, toResourcePath } from "./typed-name.ts";

export function addDelete(noun: Command, context: CliContext): void {
  const remove = noun
    .command("delete")
    .description("delete an action")
    .argument("<NAME>", "the action")
    .addHelpText("after", "\nExample:\n  brisk action delete hello");
  addConnectionOptions(remove).action(async (typed: string) => {
    const name = parseEntityName(typed);
    await attempt(`delete action '${name.entity}'`, async () => {
      const path = toResourcePath("actions", name);
      await openClient(context, remove).call({ method: "DELETE", path });
    });
    context.terminal.printOk(`deleted action ${context.terminal.bold(name.entity)}`);
  });
}

export function addList(noun: Command, context: CliContext): void {
  const list = addListOptions(
    noun
      .command("list")
      .description("list actions, newest first")
      .argument("[/NAMESPACE or PACKAGE]", "whose actions, or which package's"),
  )
    .option("-n, --name-sort", "sort what is shown by name")
    .addHelpText(
      "after",
      `
Examples:
  brisk action list --limit 10
  brisk action list -o json | jq -r '.[].name'`,
    );
  addConnectionOptions(list).action(async (typed: string | undefined) => {
    const flags = list.opts<ListFlags & { nameSort?: boolean }>();
    const place = typed === undefined ? { namespace: "_", entity: "" } : parseTypedName(typed);
    const shown = place.namespace === "_" ? "default" : place.namespace;
    const actions = await attempt(
      `obtain the list of actions for namespace '${shown}'`,
      async () => {
        // The slash at the end says that a package's actions are meant, not an action of that name.
        const path = `${toResourcePath("actions", place)}${place.entity === "" ? "" : "/"}`;
        const query = { limit: flags.limit, skip: flags.skip };
        return toObjects(await openClient(context, list).call({ method: "GET", path, query }));
      },
    );
    const sorted = flags.nameSort ? sortActions(actions) : actions;
    context.terminal.print(flags.output === "json" ? formatJson(sorted) : formatActions(sorted));
  });
}

const NAME_WIDTH = 70;

export function formatActions(actions: readonly JsonObject[]): string {
  const rows = actions.map((action) => {
    const name = `/${toText(action["namespace"])}/${toText(action["name"])}`;
    return `${name.padEnd(NAME_WIDTH)} private ${toText(findAnnotation(action, "exec"))}`.trimEnd();
  });
  return ["actions", ...rows].join("\n");
}

/** By name, those outside of packages first. */
export function sortActions(actions: readonly JsonObject[]): readonly JsonObject[] {
  const toKey = (action: JsonObject) => {
    const path = toText(action["namespace"]).split("/");
    const name = [...path.slice(1), toText(action["name"])].join("/").toLowerCase();
    return `${path.length}${name}`;
  };
  return [...actions].sort((a, b) => (toKey(a) < toKey(b) ? -1 : 1));
}
