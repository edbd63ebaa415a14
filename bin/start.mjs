// What `bin/brisk` runs: Node's compile cache is on before anything else is loaded. It is JavaScript,
// as the file that turns the cache on is itself not cached: as TypeScript it would load the type
// stripper at every start, which costs 80 ms where all of `brisk action list` may take 100.

import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

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
  const user = process.getuid?.();
  // Not root's home: under sudo that may be another user's, who could then not use its own cache.
  const directory =
    user === 0 ? "/var/cache/brisk/compiled" : join(homedir(), ".cache", "brisk", "compiled");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { mode, uid } = lstatSync(directory);
    return uid === user && (mode & 0o777) === 0o700 ? directory : undefined;
  } catch {
    return undefined;
  }
}
