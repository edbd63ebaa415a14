// `brisk rule create`, `update`, `enable` and `disable`.

import type { Command } from "commander";
import { attempt } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { type RestClient, toApiError } from "./rest-client.ts";
import { parseEntityName, type TypedName, toFullName, toResourcePath } from "./typed-name.ts";

const HTTP_OK = 200;

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
    .description(
      isUpdate ? "change a rule, or create it" : "create a rule, which is active at once",
    )
    .argument("<NAME>", "the rule")
    .argument("<TRIGGER>", "the trigger that it listens to")
    .argument("<ACTION>", "the action that it runs")
    .addHelpText("after", `\nExample:\n  brisk rule ${verb} on-order order ship`);
  addConnectionOptions(command).action(async (typed: string, trigger: string, action: string) => {
    const name = parseEntityName(typed);
    await attempt(`${verb} rule '${name.entity}'`, async () => {
      await openClient(context, command).call({
        method: "PUT",
        path: toResourcePath("rules", name),
        query: { overwrite: isUpdate },
        body: JSON.stringify({
          name: name.entity,
          status: "",
          trigger: toFullName(parseEntityName(trigger)),
          action: toFullName(parseEntityName(action)),
        }),
      });
    });
    context.terminal.printOk(`${verb}d rule ${context.terminal.bold(name.entity)}`);
  });
}

export function addEnable(noun: Command, context: CliContext): void {
  addSwitch(noun, context, "enable");
}

export function addDisable(noun: Command, context: CliContext): void {
  addSwitch(noun, context, "disable");
}

function addSwitch(noun: Command, context: CliContext, verb: "enable" | "disable"): void {
  const command = noun
    .command(verb)
    .description(verb === "enable" ? "switch a rule on" : "switch a rule off")
    .argument("<NAME>", "the rule")
    .addHelpText("after", `\nExample:\n  brisk rule ${verb} on-order`);
  addConnectionOptions(command).action(async (typed: string) => {
    const name = parseEntityName(typed);
    const status = verb === "enable" ? "active" : "inactive";
    await attempt(`${verb} rule '${name.entity}'`, () =>
      setStatus(openClient(context, command), name, status),
    );
    context.terminal.printOk(`${verb}d rule ${context.terminal.bold(name.entity)}`);
  });
}

/** The answer is no JSON. */
export async function setStatus(
  client: RestClient,
  name: TypedName,
  status: "active" | "inactive",
): Promise<void> {
  const answer = await client.send({
    method: "POST",
    path: toResourcePath("rules", name),
    body: JSON.stringify({ status, trigger: null, action: null }),
  });
  if (answer.status !== HTTP_OK) throw toApiError(answer);
}
