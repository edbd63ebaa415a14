// `--web` and `--web-secure`: the annotations that make an action a web action.

import type { KeyValue } from "../entities/action.ts";
import { CliError, EXIT } from "./cli-error.ts";

export interface WebFlags {
  readonly web?: string;
  readonly webSecure?: string;
}

const WEB: Readonly<Record<string, { readonly isWeb: boolean; readonly isRaw: boolean }>> = {
  yes: { isWeb: true, isRaw: false },
  true: { isWeb: true, isRaw: false },
  raw: { isWeb: true, isRaw: true },
  no: { isWeb: false, isRaw: false },
  false: { isWeb: false, isRaw: false },
};
const EXPORT = "web-export";
const SECURE = "require-whisk-auth";

/** `known` are annotations that the action has or will have beside these; of a key the last one counts. */
export async function createWebAnnotations(
  flags: WebFlags,
  known: readonly KeyValue[],
): Promise<readonly KeyValue[]> {
  const { web, webSecure } = flags;
  const result: KeyValue[] = [];
  if (web !== undefined) {
    const how = WEB[web.toLowerCase()];
    if (how === undefined) {
      throw new CliError(`--web is '${web}', must be yes, raw or no`, { exitCode: EXIT.usage });
    }
    result.push(
      { key: EXPORT, value: how.isWeb },
      { key: "raw-http", value: how.isRaw },
      { key: "final", value: how.isWeb },
    );
  }
  if (isSecured(flags)) {
    const values = new Map([...known, ...result].map(({ key, value }) => [key, value]));
    if (values.get(EXPORT) !== true) {
      const sentence = "--web-secure is for web actions alone: add --web yes or --web raw";
      throw new CliError(sentence, { exitCode: EXIT.usage });
    }
    result.push({ key: SECURE, value: await chooseSecret(webSecure, values.get(SECURE)) });
  }
  return result;
}

/** Whether these flags ask for a secret, for which the action's annotations must be known. */
export function isSecured({ webSecure }: Pick<WebFlags, "webSecure">): boolean {
  return webSecure !== undefined && webSecure !== "false";
}

/** A number that was drawn before is kept: callers have it. */
async function chooseSecret(typed: string | undefined, before: unknown): Promise<unknown> {
  if (typed !== "true") return typed;
  return typeof before === "number" ? before : createSecret();
}

/** As many bits as JavaScript's whole numbers have. */
const SECRET_BITS = 53;

async function createSecret(): Promise<number> {
  // Loaded where it is needed: it takes a fifth of a command's start.
  const { randomBytes } = await import("node:crypto");
  return Number(BigInt.asUintN(SECRET_BITS, randomBytes(8).readBigUInt64BE()));
}

/** Annotations that `--web-secure false` removes. */
export function listLifted({ webSecure }: WebFlags): readonly string[] {
  return webSecure === "false" ? [SECURE] : [];
}
