// What a platform was just making when it was killed. bubblewrap's inner process waits for the outer one,
// which is gone with the platform, for ever: it has nothing of anybody's yet, and is in no control group.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { SANDBOX_PROGRAM } from "./sandbox-command.ts";

/**
 * Ends those of the platform that had this socket, which each of them was to see. To be called before the
 * first sandbox is made, as they look alike.
 */
export function endUnfinished(apiSocket: string): void {
  // Whoever was not killed took it away.
  if (!existsSync(apiSocket)) return;
  for (const id of readdirSync("/proc")) {
    if (/^\d+$/.test(id) && isSandboxOf(id, dirname(apiSocket))) end(Number(id));
  }
}

function isSandboxOf(id: string, socketDirectory: string): boolean {
  try {
    const [program = "", ...values] = readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0");
    return basename(program) === SANDBOX_PROGRAM && values.includes(socketDirectory);
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

function end(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // It has ended meanwhile, or is another user's.
  }
}
