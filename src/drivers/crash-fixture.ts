// A platform in a process of its own, to be killed: a container that is paused and one that is busy, each
// with a process of its own in it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { TestData } from "./driver-fixture.ts";

/** It answers on stdout when the action runs. Its arguments: a module, its opening function, options, mark. */
const PLATFORM = `
  const [fixture, runtimes, module, name, dataDirectory, options, mark] = process.argv.slice(1);
  const { startAction } = await import(fixture);
  const { openRuntimes } = await import(runtimes);
  const { launches } = openRuntimes({ dataDirectory, publicFiles: dataDirectory, stemCells: [] });
  const open = (await import(module))[name];
  const driver = await open({ ...JSON.parse(options), launches, apiHost: () => "" });
  const leave = (mark) => "require('node:child_process').spawn('/bin/sh', " +
    "['-c', 'while :; do :; done # " + mark + "']); ";
  const idle = await startAction(driver, "const main = () => { " + leave("idle" + mark) + "return {}; }");
  await idle.result();
  idle.container.pause();
  const code = "const main = () => { " + leave(mark) + "console.log('busy'); for (;;); }";
  const action = await startAction(driver, code, { network: true });
  action.ask({ value: "{}", context: {} }, { output: () => process.stdout.write("busy") });
`;

const DRIVERS = {
  sandbox: {
    module: "sandbox.ts",
    name: "openSandboxDriver",
    options: ({ shared }: TestData) => ({
      publicDirectory: shared.files,
      instance: shared.instance,
      apiSocket: join(shared.sockets, "http.sock"),
      network: true,
      networkRules: { deny: [], allow: [] },
    }),
  },
  process: {
    module: "process.ts",
    name: "openProcessDriver",
    options: ({ path }: TestData) => ({ directory: join(path, "process") }),
  },
};

/** Resolves when its action runs. @param mark stands in the command line of the action's own process, behind `idle` in the paused one's */
export async function spawnPlatform(
  driver: keyof typeof DRIVERS,
  data: TestData,
  mark: string,
): Promise<ChildProcess> {
  const { module, name, options } = DRIVERS[driver];
  const file = (path: string) => new URL(path, import.meta.url).href;
  const child = spawn(
    process.execPath,
    [
      ...["--input-type=module", "-e", PLATFORM],
      ...[file("driver-fixture.ts"), file("../runtimes/runtimes.ts"), file(module), name],
      ...[data.path, JSON.stringify(options(data)), mark],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(child.stdout, "data");
  return child;
}
