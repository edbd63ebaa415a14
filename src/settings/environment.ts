// The environment, read once and handed out as a plain value: `src/settings` is the only folder that
// looks at `process.env`, so that everything a variable can change is found here. Apart from the table
// of settings, as every command needs this and few need that.

import { homedir } from "node:os";
import { join } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's variables as they are; a copy, so that nobody changes them for others. */
export function readEnvironment(): Environment {
  return { ...process.env };
}

/** Where Brisk keeps everything unless told otherwise; the CLI looks for `wskprops` there. */
export function defaultDataDirectory(): string {
  if (process.getuid?.() === 0) return "/var/lib/brisk";
  return join(homedir(), ".local", "share", "brisk");
}
