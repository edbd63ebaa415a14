// `brisk action create` and `update`: the PUT's body from flags and a file. Only what was typed is sent,
// so that the server supplies what is standard, and an update keeps the rest.

import { type Command, Option } from "commander";
import type { KeyValue } from "../entities/action.ts";
import { isJsonObject, type JsonObject } from "../kernel/json.ts";
import { parseLossless } from "../kernel/lossless-json.ts";
import { toPutError } from "./action-refusal.ts";
import { toObject } from "./answers.ts";
import { type ArtifactOptions, readArtifact } from "./artifact.ts";
import { attempt, CliError, EXIT } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import { parseCount } from "./list-options.ts";
import {
  addAnnotationOptions,
  addEnvironmentOption,
  addParameterOptions,
  type KeyValueFlags,
} from "./parameters.ts";
import type { RestClient } from "./rest-client.ts";
import { parseEntityName, type TypedName, toResourcePath } from "./typed-name.ts";
import { createWebAnnotations, isSecured, listLifted, type WebFlags } from "./web-annotations.ts";

interface WriteFlags extends ArtifactOptions, WebFlags {
  readonly copy?: boolean;
  readonly sequence?: boolean;
  readonly timeout?: number;
  readonly memory?: number;
  readonly logsize?: number;
  readonly concurrency?: number;
  readonly delAnnotation?: readonly string[];
  readonly docker?: string;
  readonly native?: boolean;
}

const HTTP_OK = 200;

interface KeyValues {
  readonly parameters: KeyValueFlags;
  readonly annotations: KeyValueFlags;
}

interface Write {
  readonly client: RestClient;
  readonly name: TypedName;
  readonly artifact: string | undefined;
  readonly flags: WriteFlags;
  readonly keyValues: KeyValues;
  readonly isUpdate: boolean;
}

const EXAMPLES = `
Examples:
  brisk action create hello hello.ts                TypeScript, as it is
  brisk action create hello hello.js --memory 512 --timeout 10000
  brisk action create hello app/                    a directory with package.json and node_modules
  brisk action create hello app.zip --kind nodejs:22
  brisk action create both --sequence hello,other/action
  brisk action create hello hello.ts -p greeting Hi -e DATABASE_URL postgres://...`;

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
    .description(isUpdate ? "change an action, or create it" : "create an action")
    .argument("<NAME>", "the action")
    .argument(
      "[ARTIFACT]",
      "file with code, whose suffix says the kind; a .zip; a directory, which is packed with all that is in it",
    );
  const keyValues = addWriteOptions(command, isUpdate);
  command.addHelpText("after", isUpdate ? EXAMPLES.replaceAll(" create ", " update ") : EXAMPLES);
  addConnectionOptions(command).action(async (typed: string, artifact: string | undefined) => {
    const name = parseEntityName(typed);
    await attempt(`${verb} action '${name.entity}'`, async () => {
      const client = openClient(context, command);
      const flags = command.opts<WriteFlags>();
      const body = await createBody({ client, name, artifact, flags, keyValues, isUpdate });
      const answer = await client.send({
        method: "PUT",
        path: toResourcePath("actions", name),
        query: { overwrite: isUpdate },
        body: JSON.stringify(body),
      });
      if (answer.status !== HTTP_OK) throw toPutError(answer, name);
    });
    context.terminal.printOk(`${verb}d action ${context.terminal.bold(name.entity)}`);
  });
}

function addWriteOptions(command: Command, isUpdate: boolean): KeyValues {
  const parameters = addParameterOptions(command);
  addEnvironmentOption(command, parameters);
  const annotations = addAnnotationOptions(command);
  if (isUpdate) {
    command.option(
      "--del-annotation <KEY>",
      "annotation to remove; may be repeated",
      (key: string, before: readonly string[] = []) => [...before, key],
    );
  }
  command
    .option("-t, --timeout <MS>", "time limit of one run (default: 60000)", parseCount)
    .option("-m, --memory <MB>", "memory of one container (default: 256)", parseCount)
    .option("-l, --logsize <MB>", "log of one activation (default: 10)", parseCount)
    .option("-c, --concurrency <N>", "runs at a time in one container (default: 1)", parseCount)
    .option(
      "--kind <KIND>",
      "the language, for instance nodejs:24, where the suffix does not say it",
    )
    .option("--main <NAME>", "function to run, where it is not main")
    .option(
      "--sequence",
      "ARTIFACT is a list of actions, a,p/b,/ns/c, that run one after the other",
    )
    .option("--copy", "ARTIFACT is an existing action, whose code and parameters are taken")
    .option("--web <HOW>", "web action: yes, raw or no")
    .option("--web-secure <SECRET>", "web action needs this secret; true makes one, false lifts it")
    // As wsk has them, to say that they are not there.
    .addOption(new Option("--docker <IMAGE>", "image with the code").hideHelp())
    .addOption(new Option("--native", "program in the standard image").hideHelp());
  return { parameters, annotations };
}

async function createBody(write: Write): Promise<JsonObject> {
  const { artifact, flags, keyValues, isUpdate } = write;
  const parameters = keyValues.parameters.toArray();
  const copied =
    flags.copy === true && flags.sequence !== true ? await readCopied(write) : undefined;
  const typed = [...(copied?.annotations ?? []), ...keyValues.annotations.toArray()];
  const before = isUpdate && isSecured(flags) ? await readAnnotations(write) : [];
  const annotations = [...typed, ...(await createWebAnnotations(flags, [...before, ...typed]))];
  const exec = copied?.exec ?? (await readExec(artifact, { flags, isUpdate }));
  const limits = {
    timeout: flags.timeout,
    memory: flags.memory,
    logs: flags.logsize,
    concurrency: flags.concurrency,
  };
  const isLimited = Object.values(limits).some((limit) => limit !== undefined);
  return {
    ...(exec === undefined ? {} : { exec }),
    ...nonEmpty("parameters", [...(copied?.parameters ?? []), ...parameters]),
    ...nonEmpty("annotations", annotations),
    ...nonEmpty("delAnnotations", [...(flags.delAnnotation ?? []), ...listLifted(flags)]),
    ...(isLimited ? { limits } : {}),
  };
}

function nonEmpty(field: string, values: readonly unknown[]): JsonObject {
  return values.length === 0 ? {} : { [field]: values };
}

async function readExec(
  artifact: string | undefined,
  { flags, isUpdate }: Pick<Write, "flags" | "isUpdate">,
): Promise<unknown> {
  const { kind, main, docker, native } = flags;
  if (docker !== undefined || native === true) {
    const text = "images (--docker, --native) are not run here: name the file with the code";
    throw new CliError(text, { exitCode: EXIT.usage });
  }
  if (flags.sequence === true) return toSequence(artifact, flags);
  if (artifact !== undefined) return await readArtifact(artifact, { kind, main });
  if (!isUpdate) throw new CliError("A file with its code must be named", { exitCode: EXIT.usage });
  if (kind === undefined && main === undefined) return undefined;
  throw new CliError("--kind and --main need the file with the code too", { exitCode: EXIT.usage });
}

function toSequence(list: string | undefined, { kind, main, copy }: WriteFlags): unknown {
  if (list === undefined) {
    throw new CliError("--sequence needs a list of actions", { exitCode: EXIT.usage });
  }
  if (kind !== undefined || main !== undefined || copy === true) {
    const text = "--sequence goes without --kind, --main and --copy: it has no code of its own";
    throw new CliError(text, { exitCode: EXIT.usage });
  }
  const components = list.split(",").map((typed) => {
    const { namespace, entity } = parseEntityName(typed.trim());
    return `/${namespace}/${entity}`;
  });
  return { kind: "sequence", components };
}

interface Copied {
  readonly exec: unknown;
  readonly parameters: readonly unknown[];
  readonly annotations: readonly KeyValue[];
}

async function readCopied({ client, artifact }: Write): Promise<Copied> {
  if (artifact === undefined)
    throw new CliError("--copy needs the name of an action", { exitCode: EXIT.usage });
  const path = toResourcePath("actions", parseEntityName(artifact));
  const action = toObject(await client.call({ method: "GET", path, query: { code: true } }));
  return {
    exec: action["exec"],
    parameters: toKeyValues(action["parameters"]),
    // The server's own, which says the kind; and names of versions that the copy does not have.
    annotations: toKeyValues(action["annotations"]).filter(
      ({ key }) => key !== "exec" && key !== "aliases",
    ),
  };
}

/** Of the action that is to be updated; none where there is no such action. */
async function readAnnotations({ client, name }: Write): Promise<readonly KeyValue[]> {
  const path = toResourcePath("actions", name);
  const answer = await client.send({ method: "GET", path, query: { code: false } });
  if (answer.status !== 200) return [];
  return toKeyValues(toObject(parseLossless(answer.text))["annotations"]);
}

function toKeyValues(value: unknown): readonly KeyValue[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [];
  return entries.filter((entry): entry is JsonObject & KeyValue => {
    return isJsonObject(entry) && typeof entry["key"] === "string";
  });
}
