// `--idempotency-key`: commands that may be typed again, by a script that does not know how the first try
// ended.

import type { Command } from "commander";
import { IDEMPOTENCY_KEY_RULE, isIdempotencyKey } from "../entities/idempotency-key.ts";
import { CliError } from "./cli-error.ts";
import type { RestRequest } from "./rest-client.ts";

export interface IdempotencyFlags {
  readonly idempotencyKey?: string;
}

export function addIdempotencyOption(command: Command): Command {
  return command.option(
    "--idempotency-key <KEY>",
    "make it safe to repeat for 24 hours: what has this key runs once",
  );
}

/**
 * Checked here too: of a key that is none, Node refuses to send some and trims others, so that the
 * platform could not say what is wrong with it.
 */
export function toIdempotencyHeader(flags: IdempotencyFlags): Pick<RestRequest, "headers"> {
  const { idempotencyKey: key } = flags;
  if (key === undefined) return {};
  if (isIdempotencyKey(key)) return { headers: { "Idempotency-Key": key } };
  throw new CliError(`--idempotency-key is '${key}', ${IDEMPOTENCY_KEY_RULE}`);
}
