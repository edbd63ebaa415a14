// `brisk package get`, `delete` and `list`.

import type { Command } from "commander";
import type { JsonObject } from "../kernel/json.ts";
import { toObject, toObjects, toText } from "./answers.ts";
import { attempt, CliError, EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { addListOptions, type ListFlags } from "./list-options.ts";
import { formatJson } from "./lossless-json.ts";
import { printEntity, toPackageRecord } from "./records.ts";
import { formatPackageSummary } from "./summary.ts";
import { parseTopLevelName, parseTypedName, toResourcePath } from "./typed-name.ts";

export function addGet(noun: Command, context: CliContext): void {
  const get = noun
    .command("get")
    .description("show a package and what is in it, or one field of it")
    .argument("<NAME>", "the package")
    .argument("[FIELD]", "only this field: parameters, binding, actions and so on")
    .option("-s, --summary", "show what it and what is in it are for, and their parameters")
    .addHelpText(
      "after",
      `
Examples:
  brisk package get tools
  brisk package get /acme/maps --summary`,
    );
  addConnectionOptions(get).action(async (typed: string, field: string | undefined) => {
    const { terminal } = context;
    const name = parseTopLevelName(typed);
    await attempt(`get package '${name.entity}'`, async () => {
      const path = toResourcePath("packages", name);
      const answer = toObject(await openClient(context, get).call({ method: "GET", path }));
      if (get.opts<{ summary?: boolean }>().summary) {
        return terminal.print(formatPackageSummary(answer));
      }
      const [record, exitCode] = [toPackageRecord(answer), EXIT.general];
      const got = { of: "package", record, name: name.entity, field, exitCode } as const;
      return printEntity(terminal, got);
    });
  });
}

export function addDelete(noun: Command, context: CliContext): void {
  const remove = noun
    .command("delete")
    .description("delete a package or a binding")
    .argument("<NAME>", "the package")
    .option("-f, --force", "delete the actions in it too")
    .addHelpText(
      "after",
      `
Examples:
  brisk package delete tools
  brisk package delete tools --force`,
    );
  addConnectionOptions(remove).action(async (typed: string) => {
    const name = parseTopLevelName(typed);
    await attempt(`delete package '${name.entity}'`, async () => {
      const path = toResourcePath("packages", name);
      const force = remove.opts<{ force?: boolean }>().force;
      await openClient(context, remove).call({ method: "DELETE", path, query: { force } });
    });
    context.terminal.printOk(`deleted package ${context.terminal.bold(name.entity)}`);
  });
}

export function addList(noun: Command, context: CliContext): void {
  const list = addListOptions(
    noun
      .command("list")
      .description("list packages and bindings, newest first")
      .argument("[/NAMESPACE]", "whose; of another's those that are shared"),
  )
    .option("-n, --name-sort", "sort what is shown by name")
    .addHelpText(
      "after",
      `
Examples:
  brisk package list
  brisk package list /acme --name-sort`,
    );
  addConnectionOptions(list).action(async (typed: string | undefined) => {
    const flags = list.opts<ListFlags & { nameSort?: boolean }>();
    const place = typed === undefined ? { namespace: "_", entity: "" } : parseTypedName(typed);
    if (place.entity !== "")
      throw new CliError(`'${typed}' is not a namespace, must be /NAMESPACE`);
    const shown = place.namespace === "_" ? "default" : place.namespace;
    const packages = await attempt(
      `obtain the list of packages for namespace '${shown}'`,
      async () => {
        const path = toResourcePath("packages", place);
        const query = { limit: flags.limit, skip: flags.skip };
        return toObjects(await openClient(context, list).call({ method: "GET", path, query }));
      },
    );
    const sorted = flags.nameSort ? sortPackages(packages) : packages;
    context.terminal.print(flags.output === "json" ? formatJson(sorted) : formatPackages(sorted));
  });
}

const NAME_WIDTH = 70;

export function formatPackages(packages: readonly JsonObject[]): string {
  const rows = packages.map((each) => {
    const name = `/${toText(each["namespace"])}/${toText(each["name"])}`;
    return `${name.padEnd(NAME_WIDTH)} ${each["publish"] === true ? "shared" : "private"}`;
  });
  return ["packages", ...rows].join("\n");
}

export function sortPackages(packages: readonly JsonObject[]): readonly JsonObject[] {
  const toKey = (each: JsonObject) => toText(each["name"]).toLowerCase();
  return [...packages].sort((a, b) => (toKey(a) < toKey(b) ? -1 : 1));
}
