// `brisk runtime`: the languages' runtimes of a platform on this machine. The first install carries one;
// others are added where they are wanted.

import type { Command } from "commander";
import { describeSystemError } from "../kernel/system-error.ts";
import type { RuntimeAdministration } from "../roles/administration.ts";
import { CliError } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { addDataOption, chooseDataDirectory } from "./data-option.ts";
import { formatJson } from "./lossless-json.ts";

const KIND_WIDTH = 16;
const VERSION_WIDTH = 12;

export function addRuntimeCommands(noun: Command, context: CliContext): void {
  const { terminal } = context;
  const add = addDataOption(noun.command("add").argument("<KIND>", "for instance nodejs:22"))
    .description("fetch a runtime with npm; actions of its kind can be created at once")
    .addHelpText("after", "\nExample:\n  brisk runtime add nodejs:22");
  add.action(async (kind: string) => {
    const runtimes = await openRuntimes(context, add);
    const { version } = await sentenced(`add runtime '${kind}'`, () =>
      runtimes.add(kind, (text) => terminal.printAside(text)),
    );
    terminal.printOk(`added runtime ${terminal.bold(kind)}, version ${version}`);
  });

  const remove = addDataOption(noun.command("remove").argument("<KIND>", "for instance nodejs:22"))
    .description("remove a runtime; its actions stay, and fail until it is added again")
    .addHelpText("after", "\nExample:\n  brisk runtime remove nodejs:22");
  remove.action(async (kind: string) => {
    const runtimes = await openRuntimes(context, remove);
    const isRemoved = await sentenced(`remove runtime '${kind}'`, async () =>
      runtimes.remove(kind),
    );
    if (!isRemoved) throw new CliError(`Unable to remove runtime '${kind}': it is not installed`);
    terminal.printOk(`removed runtime ${terminal.bold(kind)}`);
  });

  const list = addDataOption(noun.command("list"))
    .description("list the runtimes there are, and which are installed")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  brisk runtime list");
  list.action(async () => {
    const runtimes = (await openRuntimes(context, list)).list();
    if (list.opts<{ json?: boolean }>().json) return terminal.print(formatJson(runtimes));
    const rows = runtimes.map(({ kind, version, carried }) => {
      const note = carried
        ? "comes with Brisk"
        : `brisk runtime ${version ? "remove" : "add"} ${kind}`;
      return `${kind.padEnd(KIND_WIDTH)} ${(version ?? "not added").padEnd(VERSION_WIDTH)} ${note}`;
    });
    terminal.print(["runtimes", ...rows].join("\n"));
  });
}

async function openRuntimes(context: CliContext, command: Command): Promise<RuntimeAdministration> {
  const { openRuntimesOf } = await import("../roles/administration.ts");
  return openRuntimesOf(chooseDataDirectory(context, command));
}

/** What fails here is npm, the disk or the kind's name, and words itself. */
async function sentenced<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new CliError(`Unable to ${what}: ${describeSystemError(cause)}`, { cause });
  }
}
