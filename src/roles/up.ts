// `brisk up`: everything in one process tree on one machine. Chooses the adapters, wires the parts,
// starts them, and stops them in the reverse order.

import type { Settings } from "../settings/settings.ts";
import { createLog } from "../telemetry/log.ts";
import { openDataDirectory } from "./data-directory.ts";
import { openPlatform } from "./platform.ts";
import { waitForStop } from "./signals.ts";

/** Resolves after a clean stop. Throws a `SettingError` where it cannot start. */
export async function runUp(settings: Settings): Promise<void> {
  const log = createLog({ level: settings.logLevel, readable: process.stderr.isTTY === true });
  using data = openDataDirectory(settings.data);
  const stop = waitForStop(log);
  await using platform = await openPlatform({ settings, data, log });
  process.stdout.write(`ready ${platform.url}\n`);
  platform.begin();
  await stop;
  await platform.stop();
}
