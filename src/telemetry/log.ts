// The log: one structured line an event on stderr. A terminal gets a readable form.

import { createRequire } from "node:module";
import type Pino from "pino";
import type { Logger } from "pino";
import type PinoPretty from "pino-pretty";

// Imported, a CommonJS module is first searched for its names, which takes longer than to load it.
const require = createRequire(import.meta.url);
const pino = require("pino") as typeof Pino;

export type Log = Logger;

export interface LogOptions {
  readonly level: string;
  /** Readable lines instead of JSON: for a person at a terminal. */
  readonly readable: boolean;
}

/** Whatever is logged under these names is never shown. */
const SECRETS = ["apiKey", "authorization", "key", "*.apiKey", "*.key", "*.authorization"];

export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    base: null,
    redact: { paths: SECRETS, censor: "(secret)" },
  };
  if (!options.readable) return pino(settings, pino.destination({ dest: 2, sync: true }));
  // Loaded only where it is used: it costs a server's start what nobody reads.
  const pretty = require("pino-pretty") as typeof PinoPretty;
  return pino(settings, pretty({ destination: 2, sync: true, ignore: "hostname,pid" }));
}
