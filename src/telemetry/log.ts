// The log: one structured line an event on stderr. A terminal gets a readable form. Warnings are bounded:
// a tenant in a loop would fill the operator's disk with what he is refused. Errors are all written.

import { createRequire } from "node:module";
import type Pino from "pino";
import type { Logger } from "pino";
import type PinoPretty from "pino-pretty";
import { RepeatedLines } from "./repeated-lines.ts";

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
    hooks: { logMethod: createWriter() },
  };
  if (!options.readable) return pino(settings, pino.destination({ dest: 2, sync: true }));
  // Loaded only where it is used: it costs a server's start what nobody reads.
  const pretty = require("pino-pretty") as typeof PinoPretty;
  return pino(settings, pretty({ destination: 2, sync: true, ignore: "hostname,pid" }));
}

/** Pino's value for it. */
const WARN = 40;

type WriteLine = NonNullable<NonNullable<Pino.LoggerOptions["hooks"]>["logMethod"]>;

/** A kind of warning is its message, and the code of what it tells. */
function createWriter(): WriteLine {
  const repeated = new RepeatedLines();
  return function (args, write, level) {
    const [fields, message] = args as unknown as [unknown, string | undefined];
    if (level !== WARN || typeof fields !== "object" || fields === null) {
      write.apply(this, args);
      return;
    }
    repeated.take(`${message} ${codeOf(fields)}`, (unwritten) => {
      const counted = unwritten === 0 ? fields : { ...fields, unwritten };
      write.apply(this, [counted, message] as unknown as typeof args);
    });
  };
}

function codeOf(fields: { readonly code?: unknown; readonly err?: unknown }): unknown {
  return fields.code ?? (fields.err as { readonly code?: unknown } | undefined)?.code;
}
