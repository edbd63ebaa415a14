// From flags, variables and one file to checked settings. A flag beats a variable, a variable beats
// the file. What is unknown or wrong is refused with a sentence that names the setting.

import { readFileSync } from "node:fs";
import { parseIpv4Network } from "../kernel/ipv4-network.ts";
import { isJsonObject } from "../kernel/json.ts";
import { describeSystemError } from "../kernel/system-error.ts";
import {
  SETTING_NAMES,
  SETTINGS,
  type Setting,
  type SettingName,
  type Settings,
  toFlag,
  toVariable,
} from "./settings.ts";

/** Ends start-up; its message is for the operator. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

export interface SettingSources {
  /** Flag names without dashes in front, to their texts. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** Only names that begin with `BRISK_` are looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of a JSON file with one object, whose keys are flag names. */
  readonly file?: string;
}

/** Variables of other purposes than settings that share the prefix. */
const OTHER_VARIABLES = ["BRISK_CONFIG"];

export function parseSettings(sources: SettingSources): Settings {
  const file = sources.file === undefined ? {} : readSettingsFile(sources.file);
  refuseUnknown(Object.keys(sources.flags), {
    known: SETTING_NAMES.map(toFlag),
    show: (name) => `--${name}`,
  });
  refuseUnknown(
    Object.keys(sources.environment).filter((name) => name.startsWith("BRISK_")),
    { known: [...SETTING_NAMES.map(toVariable), ...OTHER_VARIABLES], show: (name) => name },
  );
  refuseUnknown(Object.keys(file), {
    known: SETTING_NAMES.map(toFlag),
    show: (name) => `"${name}" in ${sources.file}`,
  });
  const settings = SETTING_NAMES.map((name) => [name, chooseValue(name, { sources, file })]);
  return Object.freeze(Object.fromEntries(settings)) as Settings;
}

type SettingValue = Settings[SettingName];

function chooseValue(
  name: SettingName,
  { sources, file }: { sources: SettingSources; file: Readonly<Record<string, unknown>> },
): SettingValue {
  const setting: Setting = SETTINGS[name];
  const flag = sources.flags[toFlag(name)];
  if (flag !== undefined) return parseValue(setting, { text: flag, origin: `--${toFlag(name)}` });
  const variable = sources.environment[toVariable(name)];
  if (variable !== undefined && variable !== "") {
    return parseValue(setting, { text: variable, origin: toVariable(name) });
  }
  const inFile = file[toFlag(name)];
  if (inFile === undefined) return setting.default;
  return parseValue(setting, {
    text: String(inFile),
    origin: `${toFlag(name)} in ${sources.file}`,
  });
}

function parseValue(
  setting: Setting,
  { text, origin }: { text: string; origin: string },
): SettingValue {
  switch (setting.type) {
    case "text":
      if (text === "") throw new SettingError(`${origin} is empty, must have a value`);
      return text;
    case "choice":
      if (!setting.choices.includes(text)) {
        throw new SettingError(`${origin} is "${text}", must be ${setting.choices.join(" or ")}`);
      }
      return text;
    case "rate":
      return text === "off"
        ? Number.POSITIVE_INFINITY
        : parseInteger(setting, { text, origin, also: ' or "off"' });
    case "integer":
      return parseInteger(setting, { text, origin, also: "" });
    case "networks":
      return text === "none" ? [] : text.split(",").map((each) => parseNetwork(each, origin));
  }
}

function parseNetwork(text: string, origin: string): string {
  const network = parseIpv4Network(text.trim());
  if (network !== undefined) return network;
  throw new SettingError(
    `${origin} has "${text}", must be IPv4 networks separated by commas, such as 10.0.0.0/8,192.168.0.0/16, or "none"`,
  );
}

function parseInteger(
  setting: { readonly min: number; readonly max: number; readonly unit?: string },
  { text, origin, also }: { text: string; origin: string; also: string },
): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= setting.min && value <= setting.max) return value;
  const unit = setting.unit === undefined ? "" : ` ${setting.unit}`;
  throw new SettingError(
    `${origin} is "${text}", must be a whole number from ${setting.min} to ${setting.max}${unit}${also}`,
  );
}

function readSettingsFile(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const reason = describeSystemError(cause);
    throw new SettingError(`Cannot read the settings file ${path}: ${reason}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = describeSystemError(cause);
    throw new SettingError(`The settings file ${path} is not JSON: ${reason}`, { cause });
  }
  if (isJsonObject(value)) return value;
  throw new SettingError(`The settings file ${path} must hold one JSON object`);
}

function refuseUnknown(
  names: readonly string[],
  { known, show }: { known: readonly string[]; show: (name: string) => string },
): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b))[0] ?? "";
    throw new SettingError(`${show(name)} is not a setting; the nearest is ${show(nearest)}`);
  }
}

/** Levenshtein's: how many letters must be put in, left out or changed. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
