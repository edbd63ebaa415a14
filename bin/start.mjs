// The first file that Node runs, and the only one in plain JavaScript: with the compile cache on before
// anything else is loaded, neither types are stripped nor code compiled a second time. Without it every
// command would load Node's type stripper, 80 ms, to read one file.

import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { userInfo } from "node:os";
import { join } from "node:path";

enablePrivateCache();
const source = new URL("../src/main.ts", import.meta.url);
await import(existsSync(source) ? source : new URL("../dist/main.js", import.meta.url));

/**
 * Code in the cache is run as it stands, so it must be nobody else's: the home directory is the one of
 * the user who runs this, not `HOME`, which sudo may leave at the caller's. Without a cache all works,
 * later.
 */
function enablePrivateCache() {
  try {
    const { homedir, uid } = userInfo();
    const directory = join(homedir, ".cache", "brisk");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (statSync(directory).uid !== uid) return;
    chmodSync(directory, 0o700);
    enableCompileCache(directory);
  } catch {
    // No home, or one that cannot be written.
  }
}
