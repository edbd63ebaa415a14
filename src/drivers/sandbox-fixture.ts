// A sandbox driver for tests, on a data directory of its own, and what can be seen of it on the machine.

import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { openTestData, type TestData } from "./driver-fixture.ts";
import { openSandboxDriver, type SandboxOptions } from "./sandbox.ts";

export function openDriver(data: TestData, changes: Partial<SandboxOptions> = {}) {
  return openSandboxDriver({
    launches: data.launches,
    publicDirectory: data.shared.files,
    instance: data.shared.instance,
    apiSocket: join(data.shared.sockets, "http.sock"),
    network: false,
    networkRules: { deny: [], allow: [] },
    ...changes,
  });
}

/** With its data directory, which goes when it is closed. */
export async function openSandboxes(changes: Partial<SandboxOptions> = {}) {
  const data = openTestData();
  const driver = await openDriver(data, changes);
  return {
    driver,
    data,
    serveApi: async (server: Server) => {
      await once(
        server.listen({ path: join(data.shared.sockets, "http.sock"), writableAll: true }),
        "listening",
      );
    },
    [Symbol.asyncDispose]: async () => {
      await driver[Symbol.asyncDispose]();
      data[Symbol.dispose]();
    },
  };
}

/** The control groups of an instance, wherever they are. */
export function listGroups(instance: string): string[] {
  const hierarchies = [
    "/sys/fs/cgroup",
    ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`),
  ];
  return hierarchies.flatMap((start) => findGroups(start, `brisk-${instance}`, 4));
}

/** Whether what is killed in a paused container dies before it is resumed: not in version 1's freezer. */
export function diesPaused(instance: string): boolean {
  return listGroups(instance).some((group) => existsSync(join(group, "cgroup.freeze")));
}

function findGroups(start: string, name: string, depth: number): string[] {
  if (depth === 0) return [];
  let entries: string[] = [];
  try {
    entries = readdirSync(start, { withFileTypes: true })
      .filter((each) => each.isDirectory())
      .map((each) => each.name);
  } catch {
    return []; // A file, or a group that is gone.
  }
  return entries.flatMap((each) =>
    each === name ? [join(start, each)] : findGroups(join(start, each), name, depth - 1),
  );
}
