// Where this machine has the programs that sandboxes are made with. Not by PATH: what runs as root is
// looked for where only root installs.

import { accessSync, constants } from "node:fs";
import { join } from "node:path";

const DIRECTORIES = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** The absolute path, or `undefined` if it is not installed. */
export function findProgram(name: string): string | undefined {
  return DIRECTORIES.map((directory) => join(directory, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
