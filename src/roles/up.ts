// `brisk up`: everything in one process tree on one machine. Chooses the adapters, wires the parts,
// starts them, and stops them in the reverse order.

import type { BriskError } from "../kernel/errors.ts";
import { describeSystemError } from "../kernel/system-error.ts";
import { SettingError } from "../settings/parse.ts";
import type { Settings } from "../settings/settings.ts";
import { createLog } from "../telemetry/log.ts";
import { openDataDirectory } from "./data-directory.ts";
import { openPlatform } from "./platform.ts";
import { waitForStop } from "./signals.ts";

/**
 * Resolves after a clean stop. Throws a `SettingError` where it cannot start, and what the disk said where
 * it failed, which the parts tell again as they are closed: a platform that keeps nothing any more must not
 * go on accepting, and the next start takes up what was accepted.
 */
export async function runUp(settings: Settings): Promise<void> {
  const log = createLog({ level: settings.logLevel, readable: process.stderr.isTTY === true });
  using data = openDataDirectory(settings.data);
  const stop = waitForStop(log);
  const broken = Promise.withResolvers<BriskError>();
  const needs = { settings, data, log, broken: broken.resolve };
  await using platform = await openPlatform(needs).catch((cause) => {
    throw toStartFailure(cause, data.path);
  });
  process.stdout.write(`ready ${platform.url}\n`);
  platform.begin();
  const cause = await Promise.race([stop, broken.promise]);
  if (cause !== undefined) log.fatal({ err: cause }, "the disk failed, and the platform ends");
  await platform.stop();
}

/** What the system says of a disk without room, which is no fault of ours wherever it is met. */
const DISK_CODES = ["ENOSPC", "EDQUOT", "EROFS"];

function toStartFailure(cause: unknown, directory: string): unknown {
  const { code = "" } = cause as NodeJS.ErrnoException;
  if (!DISK_CODES.includes(code)) return cause;
  const reason = describeSystemError(cause);
  return new SettingError(`The data directory ${directory} cannot be written: ${reason}`, {
    cause,
  });
}
