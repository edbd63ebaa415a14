// Commands typed as a user of one platform types them, from a file's first test to its last.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { type Brisk, startBrisk } from "../harness.ts";
import { createDirectory, type Ended, runCommand, toVariables } from "./command.ts";

export interface Typing {
  brisk(): Brisk;
  /** Of the directory in which is typed. */
  readonly path: string;
  /** `typed` is split at its blanks; what has blanks itself comes behind it. */
  cli(typed: string, ...further: readonly string[]): Promise<Ended>;
  /** What is printed by a command that succeeds and complains of nothing. */
  ok(typed: string, ...further: readonly string[]): Promise<string>;
}

export function useTyping(setUp: (brisk: Brisk) => Promise<void> | void): Typing {
  const files = createDirectory();
  let brisk: Brisk | undefined;
  before(async () => {
    brisk = await startBrisk();
    await setUp(brisk);
  });
  after(async () => {
    await brisk?.[Symbol.asyncDispose]();
    files[Symbol.dispose]();
  });
  const getBrisk = () => {
    assert.ok(brisk, "brisk is up from the first test to the last");
    return brisk;
  };
  const cli: Typing["cli"] = (typed, ...further) =>
    runCommand([...typed.split(" "), ...further], {
      cwd: files.path,
      env: toVariables(getBrisk()),
    });
  const ok: Typing["ok"] = async (typed, ...further) => {
    const { code, stdout, stderr } = await cli(typed, ...further);
    assert.deepEqual([code, stderr], [0, ""], typed);
    return stdout;
  };
  return { brisk: getBrisk, path: files.path, cli, ok };
}
