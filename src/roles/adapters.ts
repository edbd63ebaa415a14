// Which container driver: the setting's, or the best that this machine can have. Tables of adapters hold
// loaders, so that what is not chosen is not loaded.

import { join } from "node:path";
import type { ContainerDriver } from "../drivers/port.ts";
import type { Launches } from "../runtimes/port.ts";
import type { PublicDirectory } from "../runtimes/public-directory.ts";
import { SettingError } from "../settings/parse.ts";
import type { Settings } from "../settings/settings.ts";

export interface DriverNeeds {
  readonly settings: Pick<
    Settings,
    "driver" | "network" | "denyNetworks" | "allowNetworks" | "host"
  >;
  readonly dataDirectory: string;
  readonly publicDirectory: PublicDirectory;
  readonly apiSocket: string;
  readonly launches: Launches;
  /** The API's URL, once it is known. */
  readonly apiHost: () => string;
}

interface OpenedDriver {
  readonly driver: ContainerDriver;
  /** What an operator should know, in sentences. */
  readonly notices: readonly string[];
}

type DriverName = Exclude<Settings["driver"], "auto">;

const DRIVERS: Readonly<Record<DriverName, (needs: DriverNeeds) => Promise<ContainerDriver>>> = {
  process: async (needs) => {
    const { openProcessDriver } = await import("../drivers/process.ts");
    const directory = join(needs.dataDirectory, "containers");
    return openProcessDriver({ ...needs, directory });
  },
  sandbox: async (needs) => {
    const { openSandboxDriver } = await import("../drivers/sandbox.ts");
    return openSandboxDriver({
      launches: needs.launches,
      publicDirectory: needs.publicDirectory.files,
      instance: needs.publicDirectory.instance,
      apiSocket: needs.apiSocket,
      network: needs.settings.network !== "off",
      networkRules: { deny: needs.settings.denyNetworks, allow: needs.settings.allowNetworks },
    });
  },
};

/** Throws a `SettingError` where what was asked for cannot be had. */
export async function openDriver(needs: DriverNeeds): Promise<OpenedDriver> {
  const { driver: wanted } = needs.settings;
  const trouble = wanted === "process" ? undefined : await findSandboxTrouble();
  if (wanted === "sandbox" && trouble !== undefined) {
    throw new SettingError(`--driver is "sandbox", which cannot be had: ${trouble}`);
  }
  const name = wanted === "auto" ? (trouble === undefined ? "sandbox" : "process") : wanted;
  if (name === "process") {
    refusePublicHost(needs.settings.host);
    refuseDeniedNetworks(needs.settings.denyNetworks);
  }
  const driver = await DRIVERS[name](needs);
  const notices = trouble === undefined ? driver.notices : [trouble, ...driver.notices];
  if (needs.settings.network === "on" && driver.networkTrouble !== undefined) {
    await driver[Symbol.asyncDispose]();
    throw new SettingError(`--network is "on", which cannot be had: ${driver.networkTrouble}`);
  }
  return { driver, notices };
}

async function findSandboxTrouble(): Promise<string | undefined> {
  const { probeSandbox } = await import("../drivers/probe.ts");
  const probe = await probeSandbox();
  return probe.usable ? undefined : `${probe.reason}; ${probe.remedy}`;
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** An operator who denies something must not believe that it is denied. */
function refuseDeniedNetworks(networks: readonly string[]): void {
  if (networks.length === 0) return;
  throw new SettingError(
    `--deny-networks is "${networks.join()}", which cannot be had: actions would not be isolated here, install bubblewrap (apt-get install bubblewrap), or use --deny-networks none`,
  );
}

/** Whoever could reach it could run anything as the platform's user. */
function refusePublicHost(host: string): void {
  if (LOOPBACK.test(host)) return;
  throw new SettingError(
    `--host is "${host}", which others can reach, but actions would not be isolated here: install bubblewrap (apt-get install bubblewrap), or use --host 127.0.0.1`,
  );
}
