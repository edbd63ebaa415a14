// Why an action was not put: the server's sentence, which is OpenWhisk's, and what is to be done about it
// where that does not say so itself.

import { CliError } from "./cli-error.ts";
import { type RestAnswer, toApiError } from "./rest-client.ts";
import type { TypedName } from "./typed-name.ts";

const HTTP_WRONG = 400;
const HTTP_MISSING = 404;

export function toPutError(answer: RestAnswer, { entity }: TypedName): CliError {
  const error = toApiError(answer);
  const remedy = findRemedy(answer.status, { entity, sentence: error.message });
  if (remedy === undefined) return error;
  const { message, exitCode } = error;
  return new CliError(`${message}: ${remedy}`, { exitCode });
}

function findRemedy(
  status: number,
  { entity, sentence }: { entity: string; sentence: string },
): string | undefined {
  const [first = "", inPackage] = entity.split("/");
  if (status === HTTP_MISSING && inPackage !== undefined) {
    return `if it is the package '${first}', 'brisk package create ${first}' makes it`;
  }
  if (status === HTTP_WRONG && sentence.startsWith("exec undefined")) {
    return "there is no such action yet, so name the file with its code";
  }
  return undefined;
}
