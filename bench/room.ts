// A directory for one figure's data and sockets, removed afterwards. Everyone may enter it, as the
// standard data directory: otherwise the platform would put files for sandboxes elsewhere.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

export interface Room extends Disposable {
  readonly path: string;
}

const ENTERED_BY_EVERYONE = 0o711;

export function openRoom(parent: string): Room {
  const path = mkdtempSync(join(parent, "brisk-bench-"));
  chmodSync(path, ENTERED_BY_EVERYONE);
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}
