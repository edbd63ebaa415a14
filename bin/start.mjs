// What `bin/brisk` runs: Node's compile cache is on before anything else is loaded. It is JavaScript,
// as the file that turns the cache on is itself not cached: as TypeScript it would load the type
// stripper at every start, which costs 80 ms where all of `brisk action list` may take 100.

import { enableCompileCache } from "node:module";
import { userInfo } from "node:os";
import { join } from "node:path";

/** Imported, it would also load its streams, which no command needs: 4 ms. */
const { existsSync, lstatSync, mkdirSync } = process.getBuiltinModule("node:fs");

const cache = openCacheDirectory();
if (cache !== undefined) {
  enableCompileCache(cache);
  // Worker threads look for it here; containers get an environment of their own.
  // biome-ignore lint/style/noProcessEnv: it must be set before src/settings can be loaded
  process.env.NODE_COMPILE_CACHE = cache;
}
const source = new URL("../src/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);

/**
 * A directory that nobody else can write, as what lies in it is run. Without one Brisk starts as well,
 * only slower, so that a home that cannot be written stops nobody.
 */
function openCacheDirectory() {
  try {
    // Not HOME: it may be another user's under sudo, or anywhere.
    const { uid, homedir } = userInfo();
    const directory =
      uid === 0 ? "/var/cache/brisk/compiled" : join(homedir, ".cache", "brisk", "compiled");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const status = lstatSync(directory);
    return status.uid === uid && (status.mode & 0o777) === 0o700 ? directory : undefined;
  } catch {
    return undefined;
  }
}
