// `brisk up`: its options and their help come from the table of settings.

import { existsSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import type { Command } from "commander";
import { SECOND_MS } from "../kernel/units.ts";
import { parseSettings } from "../settings/parse.ts";
import {
  type IntegerSetting,
  type RateSetting,
  SETTING_NAMES,
  SETTINGS,
  type Setting,
  toFlag,
  toVariable,
} from "../settings/settings.ts";
import type { CliContext } from "./context.ts";

const AFTER = `
A flag goes over its variable, and that over the settings file: one JSON object whose keys are the flags'
names. When it can serve, it prints the line "ready URL".

Examples:
  brisk up
  brisk up --port 8080 --data ./platform
  BRISK_MEMORY=4096 brisk up --config brisk.json`;

const SETTINGS_FILE = "brisk.json";
const CONFIG_MEANING = `settings file [text; default: ${SETTINGS_FILE} in the data directory, where it is there; BRISK_CONFIG]`;
const FLUSH_AFTER_MS = 5 * SECOND_MS;

export function addUp(up: Command, { environment }: CliContext): void {
  up.option("--config <FILE>", CONFIG_MEANING);
  for (const name of SETTING_NAMES) {
    up.option(`--${toFlag(name)} <${toPlaceholder(SETTINGS[name])}>`, describeSetting(name));
  }
  up.addHelpText("after", AFTER).action(async () => {
    const { config = environment["BRISK_CONFIG"], ...chosen } = up.opts<Record<string, string>>();
    const flags = Object.fromEntries(
      SETTING_NAMES.filter((name) => chosen[name] !== undefined).map((name) => [
        toFlag(name),
        chosen[name],
      ]),
    );
    const sources = { flags, environment };
    const file = config || findFile(parseSettings(sources).data);
    const settings = parseSettings(file === undefined ? sources : { ...sources, file });
    keepCompiledCode();
    const { runUp } = await import("../roles/up.ts");
    await runUp(settings);
  });
}

/** The data directory is a setting itself: a file in it cannot move it. */
function findFile(directory: string): string | undefined {
  const file = join(directory, SETTINGS_FILE);
  return existsSync(file) ? file : undefined;
}

/** Node keeps it when it ends by itself, which a platform that is killed never does. */
function keepCompiledCode(): void {
  setTimeout(flushCompileCache, FLUSH_AFTER_MS).unref();
}

/** `Memory of all containers together [whole number of MB, 128 and up; default: …; BRISK_MEMORY]` */
function describeSetting(name: (typeof SETTING_NAMES)[number]): string {
  const setting: Setting = SETTINGS[name];
  const details = [describeType(setting), `default: ${describeDefault(setting)}`, toVariable(name)];
  return `${setting.meaning} [${details.join("; ")}]`;
}

function toPlaceholder(setting: Setting): string {
  switch (setting.type) {
    case "text":
      return "TEXT";
    case "networks":
      return "NETWORK,…";
    case "choice":
      return setting.choices.join("|");
    case "integer":
      return setting.unit === undefined ? "N" : toUnitPlaceholder(setting.unit);
    case "rate":
      return `${setting.unit === undefined ? "N" : toUnitPlaceholder(setting.unit)}|off`;
  }
}

/** `MB`, `S`, `N` of containers. */
function toUnitPlaceholder(unit: string): string {
  return unit.length <= 2 ? unit.toUpperCase() : "N";
}

function describeType(setting: Setting): string {
  switch (setting.type) {
    case "text":
      return "text";
    case "networks":
      return "IPv4 networks separated by commas, or none";
    case "choice":
      return "one of them";
    case "integer":
      return describeNumber(setting);
    case "rate":
      return `${describeNumber(setting)}, or off`;
  }
}

function describeNumber({ unit, min, max }: IntegerSetting | RateSetting): string {
  return `whole number${unit === undefined ? "" : ` of ${unit}`}, ${min} to ${max}`;
}

function describeDefault(setting: Setting): string {
  if (setting.type === "rate") {
    return setting.default === Number.POSITIVE_INFINITY ? "off" : String(setting.default);
  }
  if (setting.type === "choice") return setting.default;
  if (setting.type === "networks") return setting.default.join() || "none";
  return setting.defaultShown ?? String(setting.default);
}
