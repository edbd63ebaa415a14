// A data directory that outlives the platforms of a test, and its disks that can be full or read-only.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BriskOptions, startBrisk } from "../harness.ts";

export interface TestDirectory extends AsyncDisposable {
  readonly data: string;
}

export async function openTestDirectory(): Promise<TestDirectory> {
  const data = await mkdtemp(join(tmpdir(), "brisk-fault-"));
  return { data, [Symbol.asyncDispose]: () => rm(data, { recursive: true, force: true }) };
}

export interface TestDisk extends TestDirectory {
  setReadOnly(isReadOnly: boolean): void;
}

/** Only root may mount. */
export const MAY_MOUNT: boolean = process.getuid?.() === 0;

/** A file system of its own, in memory, of that size. */
export async function openTestDisk(sizeMb: number): Promise<TestDisk> {
  const directory = await openTestDirectory();
  const { data } = directory;
  mount("-t", "tmpfs", "-o", `size=${sizeMb}m,mode=711`, "tmpfs", data);
  return {
    data,
    setReadOnly: (isReadOnly) => mount("-o", `remount,${isReadOnly ? "ro" : "rw"}`, data),
    [Symbol.asyncDispose]: async () => {
      // Lazily: what is killed a moment before may still hold it.
      run("umount", "--lazy", data);
      await directory[Symbol.asyncDispose]();
    },
  };
}

function mount(...args: readonly string[]): void {
  run("mount", ...args);
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** What a start that fails says. */
export async function failToStart(options: BriskOptions): Promise<string> {
  const cause = await startBrisk(options).then(
    async (brisk) => {
      await brisk[Symbol.asyncDispose]();
      return assert.fail("it started");
    },
    (error: Error) => error,
  );
  return cause.message;
}
