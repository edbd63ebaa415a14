// `brisk action invoke`: three kinds of answer (accepted, finished, failed), each with its place and exit
// code, so that scripts can tell them apart.

import type { Command } from "commander";
import { isJsonObject } from "../kernel/json.ts";
import { toObject, toText } from "./answers.ts";
import { attempt, CliError, EXIT, toExitCode } from "./cli-error.ts";
import { addConnectionOptions, type CliContext, openClient } from "./context.ts";
import {
  addIdempotencyOption,
  type IdempotencyFlags,
  toIdempotencyHeader,
} from "./idempotency-option.ts";
import { formatJson, sortKeys } from "./lossless-json.ts";
import { addParameterOptions } from "./parameters.ts";
import { type RestAnswer, readJson, toApiError } from "./rest-client.ts";
import { parseEntityName, type TypedName, toFullName, toResourcePath } from "./typed-name.ts";

const HTTP_OK = 200;
const HTTP_ACCEPTED = 202;

interface InvokeFlags extends IdempotencyFlags {
  readonly blocking?: boolean;
  readonly result?: boolean;
  readonly version?: string;
  readonly alias?: string;
}

interface Invocation {
  readonly name: TypedName;
  readonly isBlocking: boolean;
  readonly resultOnly: boolean;
}

export function addInvoke(noun: Command, context: CliContext): void {
  const invoke = noun
    .command("invoke")
    .description("run an action")
    .argument("<NAME>", "the action")
    .option("-b, --blocking", "wait until it has finished, and print the activation")
    .option("-r, --result", "wait until it has finished, and print its result only")
    .option("--version <VERSION>", "run this version of it, if it is kept")
    .option("--alias <ALIAS>", "run a version that this alias names");
  const parameters = addParameterOptions(addIdempotencyOption(invoke));
  invoke.addHelpText(
    "after",
    `
Examples:
  brisk action invoke hello                            accepted; prints the activation's id
  brisk action invoke hello --result -p name Ada       prints the result
  brisk action invoke hello -b -p list '[1, 2]'        a value is JSON where it parses
  brisk action invoke hello -r --version 0.0.3         an earlier version of it
  echo '{"name": "Ada"}' | brisk action invoke hello -r -P -
  brisk action invoke hello --idempotency-key order-17 typed twice, it runs once and prints the same id

It exits with 246 if the action failed, and with 202 if it did not finish within the wait.`,
  );
  addConnectionOptions(invoke).action(async (typed: string) => {
    const flags = invoke.opts<InvokeFlags>();
    const resultOnly = flags.result === true;
    const invocation = {
      name: parseEntityName(typed),
      isBlocking: resultOnly || flags.blocking === true,
      resultOnly,
    };
    await attempt(`invoke action '${invocation.name.entity}'`, async () => {
      checkFlags(flags, invocation);
      const answer = await openClient(context, invoke).send({
        method: "POST",
        path: toResourcePath("actions", invocation.name),
        query: {
          blocking: invocation.isBlocking,
          result: resultOnly,
          version: flags.version,
          alias: flags.alias,
        },
        body: JSON.stringify(parameters.toObject()),
        ...toIdempotencyHeader(flags),
      });
      printAnswer(context, answer, invocation);
    });
  });
}

/** The platform refuses it too, and speaks of `blocking=true`, which nobody has typed. */
function checkFlags({ idempotencyKey }: InvokeFlags, { isBlocking }: Invocation): void {
  if (idempotencyKey === undefined || !isBlocking) return;
  const sentence =
    "--idempotency-key does not go with --blocking or --result: leave those out, and get the result with 'brisk activation result ID'";
  throw new CliError(sentence, { exitCode: EXIT.conflictingFlags });
}

function printAnswer(context: CliContext, answer: RestAnswer, invocation: Invocation): void {
  if (answer.status === HTTP_OK) {
    printFinished(context, answer, invocation);
  } else if (answer.status === HTTP_ACCEPTED) {
    printAccepted(context, answer, invocation);
  } else if (isFailedActivation(answer)) {
    printFailed(context, answer, invocation);
  } else {
    throw toApiError(answer);
  }
}

function printFinished({ terminal }: CliContext, answer: RestAnswer, invocation: Invocation): void {
  const value = readJson(answer);
  if (!invocation.resultOnly) terminal.printOk(describe(invocation, value));
  terminal.print(formatJson(sortKeys(value)));
}

function printAccepted(
  { terminal, setExitCode }: CliContext,
  answer: RestAnswer,
  invocation: Invocation,
): void {
  const value = readJson(answer);
  if (!invocation.isBlocking) {
    terminal.printOk(describe(invocation, value));
    return;
  }
  const id = toText(toObject(value)["activationId"]);
  terminal.printOkAside(
    `invoked ${toFullName(invocation.name)}, but the request has not yet finished, with id ${id}`,
  );
  setExitCode(HTTP_ACCEPTED);
}

/** The same as of a finished one, on stderr. */
function printFailed(
  { terminal, setExitCode }: CliContext,
  answer: RestAnswer,
  invocation: Invocation,
): void {
  const value = readJson(answer);
  if (!invocation.resultOnly) terminal.printOkAside(describe(invocation, value));
  terminal.printAside(formatJson(sortKeys(value)));
  setExitCode(toExitCode(answer.status));
}

/** The action ran and failed: a record or a bare result, which other errors' `code` sets apart. */
export function isFailedActivation({ status, text }: RestAnswer): boolean {
  if (status < 500 || !text.startsWith("{")) return false;
  const value = readJson({ status, text, requestId: undefined });
  if (!isJsonObject(value) || "code" in value) return false;
  return "error" in value || isJsonObject(value["response"]);
}

function describe({ name }: Invocation, value: unknown): string {
  const id = isJsonObject(value) ? toText(value["activationId"]) : "";
  return `invoked ${toFullName(name)} with id ${id}`;
}
