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
const SECURE = "require-whisk-auth";
/** JavaScript's largest exact integer; `randomInt` draws up to 48 bits at a time. */
const SECRET_MAX = 2 ** 48 - 1;

export async function createWebAnnotations({
  web,
  webSecure,
}: WebFlags): Promise<readonly KeyValue[]> {
  const result: KeyValue[] = [];
  if (web !== undefined) {
    const how = WEB[web.toLowerCase()];
    if (how === undefined) {
      throw new CliError(`--web is '${web}', must be yes, raw or no`, { exitCode: EXIT.usage });
    }
    result.push(
      { key: "web-export", value: how.isWeb },
      { key: "raw-http", value: how.isRaw },
      { key: "final", value: how.isWeb },
    );
  }
  if (webSecure !== undefined && webSecure !== "false") {
    const value = webSecure === "true" ? await createSecret() : webSecure;
    result.push({ key: SECURE, value });
  }
  return result;
}

async function createSecret(): Promise<number> {
  // Loaded where it is needed: it takes a fifth of a command's start.
  const { randomInt } = await import("node:crypto");
  return randomInt(SECRET_MAX);
}

/** Annotations that `--web-secure false` removes. */
export function listLifted({ webSecure }: WebFlags): readonly string[] {
  return webSecure === "false" ? [SECURE] : [];
}
