// `brisk package create`, `update` and `bind`: the PUT's body from flags. Only what was typed is sent, so
// that an update keeps the rest.

import { type Command, InvalidArgumentError } from "commander";
import type { JsonObject } from "../kernel/json.ts";
import { attempt } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { addAnnotationOptions, addParameterOptions, type KeyValueFlags } from "./parameters.ts";
import { parseTopLevelName, type TypedName, toResourcePath } from "./typed-name.ts";

interface WriteFlags {
  readonly shared?: boolean;
}

export function addCreate(noun: Command, context: CliContext): void {
  addWrite(noun, context, false);
}

export function addUpdate(noun: Command, context: CliContext): void {
  addWrite(noun, context, true);
}

function addWrite(noun: Command, context: CliContext, isUpdate: boolean): void {
  const verb = isUpdate ? "update" : "create";
  const command = noun
    .command(verb)
    .description(isUpdate ? "change a package, or create it" : "create a package")
    .argument("<NAME>", "the package")
    .option(
      "--shared <SCOPE>",
      "yes: everybody may read it and run its actions; no: nobody else",
      parseShared,
    );
  const toKeyValues = addKeyValueOptions(command);
  command.addHelpText(
    "after",
    `
Examples:
  brisk package ${verb} tools -p language en     its actions inherit the parameter
  brisk package ${verb} tools --shared yes`,
  );
  addConnectionOptions(command).action(async (typed: string) => {
    const name = parseTopLevelName(typed);
    await attempt(`${verb} package '${name.entity}'`, async () => {
      const { shared } = command.opts<WriteFlags>();
      const publish = shared === undefined ? {} : { publish: shared };
      const body = { ...toKeyValues(), ...publish };
      await put({ context, command, name, overwrite: isUpdate, body });
    });
    context.terminal.printOk(`${verb}d package ${context.terminal.bold(name.entity)}`);
  });
}

export function addBind(noun: Command, context: CliContext): void {
  const bind = noun
    .command("bind")
    .description("give a package another name and further parameters")
    .argument("<PACKAGE>", "the package, for instance /NAMESPACE/PACKAGE of somebody who shares it")
    .argument("<NAME>", "the binding")
    .option("-o, --overwrite", "change the binding where it exists");
  const toKeyValues = addKeyValueOptions(bind);
  bind.addHelpText(
    "after",
    `
Examples:
  brisk package bind /acme/maps maps -p key 1234    run its actions as maps/NAME
  brisk package bind tools german -p language de --overwrite`,
  );
  addConnectionOptions(bind).action(async (typedTarget: string, typed: string) => {
    const target = parseTopLevelName(typedTarget);
    const name = parseTopLevelName(typed);
    await attempt(`create binding '${name.entity}'`, async () => {
      const overwrite = bind.opts<{ overwrite?: boolean }>().overwrite === true;
      const binding = { namespace: target.namespace, name: target.entity };
      await put({ context, command: bind, name, overwrite, body: { binding, ...toKeyValues() } });
    });
    context.terminal.printOk(`created binding ${context.terminal.bold(name.entity)}`);
  });
}

interface Put {
  readonly context: CliContext;
  readonly command: Command;
  readonly name: TypedName;
  readonly overwrite: boolean;
  readonly body: JsonObject;
}

async function put({ context, command, name, overwrite, body }: Put): Promise<void> {
  await openClient(context, command).call({
    method: "PUT",
    path: toResourcePath("packages", name),
    query: { overwrite },
    body: JSON.stringify(body),
  });
}

function addKeyValueOptions(command: Command): () => JsonObject {
  const parameters = addParameterOptions(command);
  const annotations = addAnnotationOptions(command);
  const given = (field: string, flags: KeyValueFlags) =>
    flags.isEmpty ? {} : { [field]: flags.toArray() };
  return () => ({ ...given("parameters", parameters), ...given("annotations", annotations) });
}

function parseShared(text: string): boolean {
  const scope = text.toLowerCase();
  if (scope === "yes") return true;
  if (scope === "no") return false;
  throw new InvalidArgumentError("It must be yes or no.");
}
