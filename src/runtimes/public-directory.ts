// Where files stand that sandboxes must see: their users own nothing and enter only what everyone may.

import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** Closing it takes away what only one platform has outside its data directory. */
export interface PublicDirectory extends Disposable {
  /** For what is named by its content, so that platforms may share it. */
  readonly files: string;
  /** For this platform's own socket, alone in it. */
  readonly sockets: string;
  /** Names the data directory on this machine: the same at every start, another for every other. */
  readonly instance: string;
}

const EVERYONE_ENTERS = 0o001;
const TRAVERSABLE = 0o711;
const READABLE = 0o755;
/** Used where the data directory is below one that is closed to others, such as `/root`. */
const FALLBACK = { files: "/var/cache/brisk", sockets: "/run/brisk" };

/** @param dataDirectory exists, and is open to be entered by everyone (mode 0711) */
export function openPublicDirectory(dataDirectory: string): PublicDirectory {
  const data = realpathSync(dataDirectory);
  const instance = createHash("sha256").update(data).digest("hex").slice(0, 12);
  // Without root, sandboxes run as the same user.
  const isOpen = process.getuid?.() !== 0 || isEnteredByEveryone(data);
  const files = isOpen ? data : FALLBACK.files;
  const sockets = isOpen ? join(data, "api") : join(FALLBACK.sockets, instance);
  makeDirectory(files, isOpen ? TRAVERSABLE : READABLE);
  if (!isOpen) makeDirectory(dirname(sockets), READABLE);
  makeDirectory(sockets, READABLE);
  const dispose = () => {
    if (!isOpen) rmSync(sockets, { recursive: true, force: true });
  };
  return { files, sockets, instance, [Symbol.dispose]: dispose };
}

export function isEnteredByEveryone(directory: string): boolean {
  for (let path = directory; ; path = dirname(path)) {
    if ((statSync(path).mode & EVERYONE_ENTERS) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** With exactly these rights, whatever the process's mask takes away. */
export function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  chmodSync(path, mode);
}
