// A directory for one figure's data and sockets, removed afterwards.

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

export interface Room extends Disposable {
  readonly path: string;
}

export function openRoom(parent: string): Room {
  const path = mkdtempSync(join(parent, "room-"));
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}
