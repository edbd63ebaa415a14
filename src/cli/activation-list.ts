// `brisk activation list`.

import type { Command } from "commander";
import type { JsonObject } from "../kernel/json.ts";
import { ACTIVATIONS } from "./activation-requests.ts";
import { formatActivations } from "./activation-table.ts";
import { toObjects } from "./answers.ts";
import { attempt } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { addListOptions, type ListFlags, parseCount } from "./list-options.ts";
import { formatJson } from "./lossless-json.ts";
import { toActivationRecord } from "./records.ts";
import { parseTypedName } from "./typed-name.ts";

export function addList(noun: Command, context: CliContext): void {
  const list = addListOptions(
    noun
      .command("list")
      .description("list activations, newest first")
      .argument("[NAME]", "only of this action: a, or package/a"),
  )
    .option("-f, --full", "print whole records")
    .option("--since <MS>", "only those that started at or after this time", parseCount)
    .option("--upto <MS>", "only those that started at or before this time", parseCount)
    .addHelpText(
      "after",
      `
Examples:
  brisk activation list hello --limit 5
  brisk activation list --since $(date -d '1 hour ago' +%s000)
  brisk activation list -o json | jq -r '.[].activationId'

Times are milliseconds since 1970.`,
    );
  addConnectionOptions(list).action(async (typed: string | undefined) => {
    const flags = list.opts<ListFlags & { full?: boolean; since?: number; upto?: number }>();
    const { entity } = typed === undefined ? { entity: "" } : parseTypedName(typed);
    const activations = await attempt(
      "obtain the list of activations for namespace '_'",
      async () => {
        const { limit, skip, since, upto, full } = flags;
        const name = entity === "" ? undefined : entity;
        const query = { limit, skip, since, upto, name, docs: full };
        return toObjects(
          await openClient(context, list).call({ method: "GET", path: ACTIVATIONS, query }),
        );
      },
    );
    printList(context, activations, flags);
  });
}

function printList(
  { terminal }: CliContext,
  activations: readonly JsonObject[],
  { full, output }: { full?: boolean; output: ListFlags["output"] },
): void {
  if (output === "json") {
    terminal.print(formatJson(activations));
  } else if (full) {
    terminal.print(
      ["activations", ...activations.map(toActivationRecord).map(formatJson)].join("\n"),
    );
  } else {
    const table = formatActivations(activations);
    if (table !== undefined) terminal.print(table);
  }
}
