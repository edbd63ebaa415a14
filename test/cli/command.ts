// The real `bin/brisk` for tests: typed with an environment that holds nothing of the developer's.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { readEnvironment } from "../../src/settings/environment.ts";
import type { Brisk } from "../harness.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
}

export const PROGRAM = fileURLToPath(new URL("../../bin/brisk", import.meta.url));
const WAIT_MS = 30_000;

export function startCommand(
  args: readonly string[],
  { env = {}, cwd = tmpdir() }: CommandOptions = {},
): ChildProcessWithoutNullStreams {
  const { PATH = "" } = readEnvironment();
  const own = { PATH, HOME: "/nonexistent", BRISK_DATA: "/nonexistent", TZ: "UTC" };
  return spawn(PROGRAM, args, { cwd, env: { ...own, ...env }, timeout: WAIT_MS });
}

export async function runCommand(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  const child = startCommand(args, options);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.end(options.stdin ?? "");
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}

export function createDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), "brisk-cli-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The variables that lead to a platform as its guest. */
export function toVariables({ url, auth }: Pick<Brisk, "url" | "auth">): Record<string, string> {
  return { WHISK_APIHOST: url, WHISK_AUTH: auth };
}
