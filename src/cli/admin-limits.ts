// `brisk admin limits`: a namespace's own limits. Set merges into what is there.

import { type Command, InvalidArgumentError } from "commander";
import type { NamespaceLimits } from "../entities/limits.ts";
import { AdminFailure, changing, MISSING, storing, withSubjects } from "./admin-store.ts";
import { CliError, EXIT } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { addDataOption } from "./data-option.ts";
import { parseCount } from "./list-options.ts";

type Form = "count" | "kinds" | "flag" | "size";

/** In the order of `limits get`. */
const LIMITS: readonly (readonly [name: keyof NamespaceLimits, form: Form, meaning: string])[] = [
  ["invocationsPerMinute", "count", "invocations in a clock minute"],
  ["firesPerMinute", "count", "trigger firings in a clock minute"],
  ["concurrentInvocations", "count", "activations that wait or run"],
  ["allowedKinds", "kinds", "the only kinds that actions may have"],
  ["storeActivations", "flag", "whether activation records are kept: yes or no"],
  ["minActionMemory", "count", "least memory of an action, in MB"],
  ["maxActionMemory", "count", "most memory of an action, in MB"],
  ["minActionLogs", "count", "least log of an activation, in MB"],
  ["maxActionLogs", "count", "most log of an activation, in MB"],
  ["minActionTimeout", "count", "least time limit of an action, in ms"],
  ["maxActionTimeout", "count", "most time limit of an action, in ms"],
  ["minActionConcurrency", "count", "fewest runs at a time in one container"],
  ["maxActionConcurrency", "count", "most runs at a time in one container"],
  ["maxParameterSize", "size", "most parameters of an entity, for instance '1 MB'"],
  ["maxPayloadSize", "size", "most arguments of an invocation, for instance '1 MB'"],
  ["truncationSize", "size", "what is left of a result that is too large, for instance '1 MB'"],
];

export function addLimitsCommands(noun: Command, context: CliContext): void {
  addSet(noun, context);
  addGet(noun, context);
  addDelete(noun, context);
}

function addSet(noun: Command, context: CliContext): void {
  const set = addDataOption(noun.command("set"))
    .description("set limits of a namespace; those that are not named stay as they are")
    .argument("<NAMESPACE>", "the namespace");
  for (const [name, form, meaning] of LIMITS) addLimitOption(set, { name, form, meaning });
  set.addHelpText(
    "after",
    `
Examples:
  brisk admin limits set alice --invocationsPerMinute 60 --concurrentInvocations 10
  brisk admin limits set alice --allowedKinds nodejs:22 nodejs:24`,
  );
  set.action(async (namespace: string) => {
    const flags = set.opts<NamespaceLimits>();
    const named = LIMITS.filter(([name]) => flags[name] !== undefined);
    const changes = Object.fromEntries(named.map(([name]) => [name, flags[name]]));
    if (named.length === 0) {
      throw new CliError("No limit was named: --help shows which there are", {
        exitCode: EXIT.usage,
      });
    }
    await withSubjects({ context, command: set }, async (subjects) => {
      const holders = await changing(subjects, "set limits", async () => {
        const before = await subjects.getLimits(namespace);
        await subjects.putLimits(namespace, { ...before, ...changes });
        return await subjects.findByNamespace(namespace);
      });
      context.terminal.print(`Limits successfully set for "${namespace}"`);
      // Not refused: they may be set before the namespace is made.
      if (holders.length === 0) context.terminal.printAside("Nobody holds this namespace yet");
    });
  });
}

function addLimitOption(
  command: Command,
  { name, form, meaning }: { name: string; form: Form; meaning: string },
): void {
  switch (form) {
    case "count":
      command.option(`--${name} <N>`, meaning, parseCount);
      return;
    case "kinds":
      command.option(`--${name} <KIND...>`, meaning);
      return;
    case "flag":
      command.option(`--${name} <BOOL>`, meaning, parseFlag);
      return;
    case "size":
      command.option(`--${name} <SIZE>`, meaning, parseSize);
  }
}

function parseFlag(text: string): boolean {
  if (/^(yes|true)$/i.test(text)) return true;
  if (/^(no|false)$/i.test(text)) return false;
  throw new InvalidArgumentError("It must be yes or no.");
}

function parseSize(text: string): string {
  if (/^\d+ ?(B|KB?|MB?|GB?)$/i.test(text)) return text;
  throw new InvalidArgumentError("It must be a number with B, KB, MB or GB.");
}

function addGet(noun: Command, context: CliContext): void {
  const get = addDataOption(noun.command("get"))
    .description("show the limits that are set for a namespace")
    .argument("<NAMESPACE>", "the namespace")
    .addHelpText("after", "\nExample:\n  brisk admin limits get alice");
  get.action(async (namespace: string) => {
    await withSubjects({ context, command: get }, async (subjects) => {
      const limits = await subjects.getLimits(namespace);
      if (limits === undefined) {
        return context.terminal.print("No limits found, default system limits apply");
      }
      const set = LIMITS.filter(([name]) => limits[name] !== undefined);
      for (const [name] of set) context.terminal.print(`${name} = ${toPythonText(limits[name])}`);
    });
  });
}

/** As `wskadmin`, a Python program, prints values: scripts take them apart. */
function toPythonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => `'${each}'`).join(", ")}]`;
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}

function addDelete(noun: Command, context: CliContext): void {
  const remove = addDataOption(noun.command("delete"))
    .description("remove a namespace's own limits: the platform's hold again")
    .argument("<NAMESPACE>", "the namespace")
    .addHelpText("after", "\nExample:\n  brisk admin limits delete alice");
  remove.action(async (namespace: string) => {
    await withSubjects({ context, command: remove }, async (subjects) => {
      const isDeleted = await storing("delete limits", () => subjects.deleteLimits(namespace));
      if (!isDeleted) throw new AdminFailure(`Failed to delete limits (${MISSING})`);
      context.terminal.print("Limits deleted");
    });
  });
}
