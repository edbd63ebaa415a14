// The end of a role: the first signal asks for a clean stop, the second one ends the process at once.

import type { Log } from "../telemetry/log.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Resolves at the first signal. Our own mistakes end the process: accepted work survives it. */
export function waitForStop(log: Log): Promise<void> {
  process.on("uncaughtException", (cause) => {
    log.fatal({ err: cause }, "the platform has a fault and ends");
    process.exit(1);
  });
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        log.info({ signal }, "stopping; a second signal stops at once");
        resolve();
      });
    }
  });
}
