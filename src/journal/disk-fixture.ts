// A small disk, to be filled or made read-only by tests.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MB } from "../kernel/units.ts";

export async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "brisk-test-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Only root may mount. */
export const MAY_MOUNT: boolean = process.getuid?.() === 0;

export async function withDisk(
  use: (directory: string) => Promise<void>,
  sizeMb = 1,
): Promise<void> {
  await withDirectory(async (directory) => {
    run("mount", "-t", "tmpfs", "-o", `size=${sizeMb}m`, "tmpfs", directory);
    try {
      await use(directory);
    } finally {
      run("umount", directory);
    }
  });
}

/** Only while nothing is open for writing on it. */
export function makeReadOnly(directory: string): void {
  run("mount", "-o", "remount,ro", directory);
}

/** Takes all the room that is left. @returns what gives it back */
export function fill(directory: string): () => void {
  const path = join(directory, "filler");
  const fd = openSync(path, "w");
  for (let size = MB; size > 0; size >>= 1) {
    try {
      for (;;) writeSync(fd, Buffer.alloc(size));
    } catch {
      // No room for so much; there may be for half.
    }
  }
  closeSync(fd);
  return () => rmSync(path);
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}
