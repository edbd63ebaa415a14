// `brisk action get`: the record, a field of it, its URL, its summary, or its code as a file.

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { describeSystemError } from "../kernel/system-error.ts";
import { findAnnotation, toObject, toText } from "./answers.ts";
import { toSuffix } from "./artifact.ts";
import { attempt, CliError, EXIT } from "./cli-error.ts";
import { chooseConnection } from "./connection.ts";
import {
  addConnectionOptions,
  type CliContext,
  openClient,
  readConnectionFlags,
} from "./context.ts";
import { printEntity, toActionRecord } from "./records.ts";
import { formatSummary } from "./summary.ts";
import { parseEntityName, toResourcePath } from "./typed-name.ts";

interface GetFlags {
  readonly summary?: boolean;
  readonly url?: boolean;
  readonly save?: boolean;
  readonly saveAs?: string;
  readonly version?: string;
}

export function addGet(noun: Command, context: CliContext): void {
  const get = noun
    .command("get")
    .description("show an action, one field of it, or save its code")
    .argument("<NAME>", "the action")
    .argument("[FIELD]", "only this field: exec, limits, parameters and so on")
    .option("-s, --summary", "show what it is for and its parameters")
    .option("-r, --url", "show its URL")
    .option("--save", "write its code into a file with its name")
    .option("--save-as <FILE>", "write its code into this file")
    .option("--version <VERSION>", "this version of it, if it is kept")
    .addHelpText(
      "after",
      `
Examples:
  brisk action get hello            the whole record but for the code
  brisk action get hello limits     one field
  brisk action get hello --save     the code, into hello.js`,
    );
  addConnectionOptions(get).action(async (typed: string, field: string | undefined) => {
    const flags = get.opts<GetFlags>();
    const name = parseEntityName(typed);
    const saves = flags.save === true || flags.saveAs !== undefined;
    await attempt(`get action '${name.entity}'`, async () => {
      const action = toObject(
        await openClient(context, get).call({
          method: "GET",
          path: toResourcePath("actions", name),
          query: { code: saves, version: flags.version },
        }),
      );
      if (saves) return saveCode(context, action, flags.saveAs);
      if (flags.summary) return context.terminal.print(formatSummary(action));
      if (flags.url) return printUrl(context, get, { action, shown: name.entity });
      const [record, exitCode] = [toActionRecord(action), EXIT.usage];
      const got = { of: "action", record, name: name.entity, field, exitCode } as const;
      return printEntity(context.terminal, got);
    });
  });
}

function printUrl(
  context: CliContext,
  command: Command,
  { action, shown }: { action: JsonObject; shown: string },
): void {
  const { apihost, apiversion } = chooseConnection(
    readConnectionFlags(command),
    context.environment,
  );
  const [namespace = "", inPackage] = toText(action["namespace"]).split("/");
  const name = toText(action["name"]);
  const isWeb = findAnnotation(action, "web-export") === true;
  const path = isWeb
    ? ["web", namespace, inPackage ?? "default", name].map(encodeURIComponent).join("/")
    : toResourcePath("actions", {
        namespace,
        entity: inPackage === undefined ? name : `${inPackage}/${name}`,
      }).slice(1);
  const host = /^https?:\/\//.test(apihost) ? apihost : `https://${apihost}`;
  context.terminal.printOk(`got action ${context.terminal.bold(shown)}`);
  context.terminal.print(`${host.replace(/\/$/, "")}/api/${apiversion}/${path}`);
}

function saveCode(context: CliContext, action: JsonObject, saveAs: string | undefined): void {
  const exec = isJsonObject(action["exec"]) ? action["exec"] : {};
  const code = exec["code"];
  if (typeof code !== "string")
    throw new CliError("it has no code that could be saved", { exitCode: EXIT.usage });
  const isBinary = exec["binary"] === true;
  const suffix = toSuffix(toText(exec["kind"]), isBinary);
  const path = resolve(saveAs ?? `${toText(action["name"]).replaceAll("/", "_")}${suffix}`);
  try {
    writeFileSync(path, isBinary ? Buffer.from(code, "base64") : code, { flag: "wx" });
  } catch (cause) {
    const sentence =
      (cause as NodeJS.ErrnoException).code === "EEXIST"
        ? `The file '${path}' already exists`
        : `cannot write '${path}': ${describeSystemError(cause)}`;
    throw new CliError(sentence, { exitCode: EXIT.usage, cause });
  }
  context.terminal.printOk(`saved action code to ${path}`);
}
