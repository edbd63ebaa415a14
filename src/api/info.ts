// What anybody may know without a key: that the platform is up, its kinds, limits and build.

import type { SystemLimits } from "../entities/limits.ts";
import type { RuntimeKind, RuntimeManifest } from "../entities/runtime-manifest.ts";
import { MB } from "../kernel/units.ts";
import { json, type Reply } from "./http.ts";
import { toCount } from "./namespaces.ts";

export interface BuildInfo {
  /** A date: clients expect it to begin with the century. */
  readonly build: string;
  readonly version: string;
}

export const PONG: Reply = { status: 200, text: "pong", contentType: "text/plain; charset=UTF-8" };
export const OPTIONS_OK: Reply = { ...PONG, text: "OK" };

const HOME = "https://github.com/apache/openwhisk";

export function createApiInfo({ build, version }: BuildInfo): Reply {
  return json({
    description: "OpenWhisk API",
    api_version: "1.0.0",
    api_version_path: "v1",
    build,
    buildno: version,
    swagger_paths: { ui: "/docs", "api-docs": "/api-docs" },
  });
}

export function createSystemInfo(manifest: RuntimeManifest, limits: SystemLimits): Reply {
  const families = new Map<string, ReturnType<typeof toRuntime>[]>();
  for (const kind of manifest.kinds) {
    families.set(kind.family, [...(families.get(kind.family) ?? []), toRuntime(kind)]);
  }
  return json({
    description: "OpenWhisk",
    support: { github: `${HOME}/issues`, slack: "https://openwhisk.apache.org/slack.html" },
    api_paths: ["/api/v1"],
    runtimes: Object.fromEntries(families),
    limits: {
      actions_per_minute: toCount(limits.invocationsPerMinute),
      triggers_per_minute: toCount(limits.firesPerMinute),
      concurrent_actions: limits.concurrentInvocations,
      sequence_length: limits.sequenceLengthMax,
      ...toRanges(limits, ""),
      ...toRanges(limits, "default_"),
    },
  });
}

function toRanges({ timeoutMs, memoryMb, logsMb }: SystemLimits, prefix: string) {
  return {
    [`${prefix}min_action_duration`]: timeoutMs.min,
    [`${prefix}max_action_duration`]: timeoutMs.max,
    [`${prefix}min_action_memory`]: memoryMb.min * MB,
    [`${prefix}max_action_memory`]: memoryMb.max * MB,
    [`${prefix}min_action_logs`]: logsMb.min * MB,
    [`${prefix}max_action_logs`]: logsMb.max * MB,
  };
}

function toRuntime({ kind, image, deprecated, default: isDefault, requireMain }: RuntimeKind) {
  return { kind, image, deprecated, default: isDefault, attached: true, requireMain };
}
