// Where the script of a thread stands: beside the file that starts it, and of the same kind. The sources
// run as they are, the package as it was built.

import { extname } from "node:path";

/** @param name relative, without suffix; @param starter `import.meta.url` of the file that starts the thread */
export function toThreadScript(name: string, starter: string): URL {
  return new URL(`${name}${extname(starter)}`, starter);
}
