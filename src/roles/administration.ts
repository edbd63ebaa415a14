// What commands do to a data directory without its platform, whether or not one runs on it: the platform
// looks at what changed by itself.

import { chmodSync, existsSync, realpathSync, statSync } from "node:fs";
import { installRuntime, removeRuntime } from "../runtimes/install.ts";
import { type InstalledRuntime, type ListedRuntime, listRuntimes } from "../runtimes/installed.ts";
import { SettingError } from "../settings/parse.ts";
import { type OwnSubjects, openSubjects } from "../stores/sqlite/subjects.ts";
import { makeDirectory } from "./data-directory.ts";

export interface RuntimeAdministration {
  list(): readonly ListedRuntime[];
  /** Rejects with a sentence. */
  add(kind: string, onProgress: (text: string) => void): Promise<InstalledRuntime>;
  /** Whether it was there. Throws a sentence where it cannot be removed. */
  remove(kind: string): boolean;
}

/** As `openDataDirectory` makes it: entered by sandboxes' users, read by nobody. */
const TRAVERSABLE = 0o711;

export type Subjects = OwnSubjects;

/** Only of a directory that exists: a slip in its name must not make users of no platform. */
export function openSubjectsOf(dataDirectory: string): Subjects {
  if (statSync(dataDirectory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new SettingError(
      `There is no platform in ${dataDirectory}: start it once with 'brisk up', or name another with --data`,
    );
  }
  return openSubjects(realpathSync(dataDirectory));
}

export function openRuntimesOf(dataDirectory: string): RuntimeAdministration {
  return {
    list: () => listRuntimes(dataDirectory),
    add: async (kind, onProgress) => {
      if (!existsSync(dataDirectory)) {
        makeDirectory(dataDirectory);
        chmodSync(dataDirectory, TRAVERSABLE);
      }
      return await installRuntime({ dataDirectory, kind, onProgress });
    },
    remove: (kind) => removeRuntime(dataDirectory, kind),
  };
}
