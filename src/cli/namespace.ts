// `brisk namespace`.

import type { Command } from "commander";
import { attempt } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import type { RestClient } from "./rest-client.ts";

export function addNamespaceCommands(noun: Command, context: CliContext): void {
  const list = noun
    .command("list")
    .description("list the namespaces that the key opens")
    .addHelpText("after", "\nExample:\n  brisk namespace list");
  addConnectionOptions(list).action(async () => {
    const names = await readNamespaces(openClient(context, list));
    context.terminal.print(["namespaces", ...names].join("\n"));
  });
}

export async function readNamespaces(client: RestClient): Promise<readonly string[]> {
  return await attempt("obtain the list of available namespaces", async () => {
    const answer = await client.call({ method: "GET", path: "/namespaces" });
    return Array.isArray(answer) ? answer.map(String) : [];
  });
}
