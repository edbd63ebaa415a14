// Every setting of `brisk up`, declared once: from this table come the type, the validation, the
// flag, the BRISK_ variable, the file's key, `--help` and the reference page.

import { availableParallelism, totalmem } from "node:os";
import { GB, MB } from "../kernel/units.ts";
import { defaultDataDirectory } from "./environment.ts";

interface Common {
  /** What it buys and what it costs, as a sentence. */
  readonly meaning: string;
  /** What the number counts. */
  readonly unit?: string;
}

export interface TextSetting extends Common {
  readonly type: "text";
  readonly default: string;
  /** How the help writes a default that depends on the machine. */
  readonly defaultShown?: string;
}
export interface IntegerSetting extends Common {
  readonly type: "integer";
  readonly default: number;
  readonly defaultShown?: string;
  readonly min: number;
  readonly max: number;
}
/** An integer, or `off`, which is `Infinity` inside. */
export interface RateSetting extends Common {
  readonly type: "rate";
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
export interface ChoiceSetting<Choice extends string = string> extends Common {
  readonly type: "choice";
  readonly default: Choice;
  readonly choices: readonly Choice[];
}
/** IPv4 networks, separated by commas, or `none`. */
export interface NetworksSetting extends Common {
  readonly type: "networks";
  readonly default: readonly string[];
}
export type Setting = TextSetting | IntegerSetting | RateSetting | ChoiceSetting | NetworksSetting;

const DRIVERS = ["auto", "sandbox", "process"] as const;
const NETWORKS = ["auto", "on", "off"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
const COUNT_MAX = 1_000_000_000;
/** As most OpenWhisk installations keep them. */
const WEEK_S = 604_800;
/** A container's own bookkeeping and the page cache need the rest. */
const MEMORY_SHARE = 0.5;

export const SETTINGS = {
  host: {
    type: "text",
    default: "127.0.0.1",
    meaning: "Address to listen on; another than loopback needs an isolating driver",
  },
  port: {
    type: "integer",
    default: 3233,
    min: 0,
    max: 65_535,
    meaning: "Port to listen on; 0 takes a free one",
  },
  data: {
    type: "text",
    default: defaultDataDirectory(),
    defaultShown: "/var/lib/brisk as root, else ~/.local/share/brisk",
    meaning: "Directory with everything that is kept; one platform at a time may use it",
  },
  driver: {
    type: "choice",
    default: "auto",
    choices: DRIVERS,
    meaning:
      "How actions are kept apart: sandbox (bubblewrap), process (not at all), auto (the best there is)",
  },
  network: {
    type: "choice",
    default: "auto",
    choices: NETWORKS,
    meaning: "Whether actions reach out: auto does where it can be had without this machine itself",
  },
  denyNetworks: {
    type: "networks",
    default: [],
    meaning:
      "What actions do not reach, such as 10.0.0.0/8,192.168.0.0/16, beside this machine itself, 169.254.0.0/16 and clouds' metadata services",
  },
  allowNetworks: {
    type: "networks",
    default: [],
    meaning:
      "Addresses of this machine that actions do reach, such as 192.168.1.20, with all that listens there; its loopback they never do",
  },
  memory: {
    type: "integer",
    unit: "MB",
    default: Math.max(512, Math.floor((totalmem() * MEMORY_SHARE) / MB)),
    defaultShown: "half of the machine's",
    min: 128,
    max: COUNT_MAX,
    meaning: "Memory of all containers together; more keeps more of them warm",
  },
  stemCells: {
    type: "integer",
    unit: "containers",
    default: 2,
    min: 0,
    max: 64,
    meaning:
      "Containers of the default kind with 256 MB that wait without code, so that a first invocation is fast",
  },
  idleTimeout: {
    type: "integer",
    unit: "s",
    default: 600,
    min: 1,
    max: 86_400,
    meaning: "How long a container stays warm without work",
  },
  containerStarts: {
    type: "integer",
    unit: "containers",
    default: Math.max(2, availableParallelism()),
    defaultShown: "the machine's cores, at least 2",
    min: 1,
    max: 64,
    meaning:
      "Containers being started at a time; more starts a burst sooner and slows what already runs",
  },
  invocationsPerMinute: {
    type: "rate",
    default: Number.POSITIVE_INFINITY,
    min: 0,
    max: COUNT_MAX,
    meaning: "Invocations of a namespace in a clock minute, where it has no limit of its own",
  },
  firesPerMinute: {
    type: "rate",
    default: Number.POSITIVE_INFINITY,
    min: 0,
    max: COUNT_MAX,
    meaning: "Trigger firings of a namespace in a clock minute, where it has no limit of its own",
  },
  concurrentInvocations: {
    type: "integer",
    unit: "activations",
    default: 10_000,
    min: 0,
    max: COUNT_MAX,
    meaning: "Activations of a namespace that wait or run, where it has no limit of its own",
  },
  actionMemoryMax: {
    type: "integer",
    unit: "MB",
    default: 512,
    min: 128,
    max: COUNT_MAX,
    meaning: "The most memory that an action may ask for",
  },
  actionTimeoutMax: {
    type: "integer",
    unit: "ms",
    default: 300_000,
    min: 100,
    max: 86_400_000,
    meaning: "The longest time limit that an action may ask for",
  },
  actionConcurrencyMax: {
    type: "integer",
    unit: "runs",
    default: 500,
    min: 1,
    max: 10_000,
    meaning: "The most runs at a time in one container that an action may ask for",
  },
  actionVersions: {
    type: "integer",
    unit: "versions",
    default: 10,
    min: 0,
    max: 100,
    meaning:
      "Earlier versions of an action that stay callable, each with its code on disk, beside those in aliases",
  },
  actionVersionAge: {
    type: "integer",
    unit: "s",
    default: 2_592_000,
    min: 0,
    max: COUNT_MAX,
    meaning:
      "How long a version stays callable after another took its place; older ones go at the next update",
  },
  busMessages: {
    type: "integer",
    unit: "messages",
    default: 100_000,
    min: 1,
    max: COUNT_MAX,
    meaning:
      "Accepted work that may wait. A namespace may have half of what the others leave, and is refused with 429 beyond it",
  },
  busBytes: {
    type: "integer",
    unit: "bytes",
    default: GB,
    min: MB,
    max: Number.MAX_SAFE_INTEGER,
    meaning:
      "Disk for accepted work: half of it for what is not done, of which a namespace may have half of what the others leave; as much again for what comes of it",
  },
  restartWorkAge: {
    type: "integer",
    unit: "s",
    default: 172_800,
    min: 0,
    max: COUNT_MAX,
    meaning: "Work found at a start that was accepted longer ago is recorded as expired, not run",
  },
  activationRetention: {
    type: "rate",
    unit: "s",
    default: WEEK_S,
    min: 60,
    max: COUNT_MAX,
    meaning: "How long the record of an activation is kept; off keeps them for ever",
  },
  activationsMax: {
    type: "rate",
    unit: "activations",
    default: 1_000_000,
    min: 1,
    max: COUNT_MAX,
    meaning: "Records of a namespace that are kept: beyond it the oldest go; off keeps all",
  },
  stopWait: {
    type: "integer",
    unit: "s",
    default: 10,
    min: 0,
    max: 3600,
    meaning: "How long a stop waits for what runs; what has not started stays for the next start",
  },
  logLevel: {
    type: "choice",
    default: "info",
    choices: LOG_LEVELS,
    meaning: "The least important lines that are logged; debug has one for each request",
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
type ValueOf<Entry> = Entry extends { choices: readonly (infer Choice)[] }
  ? Choice
  : Entry extends { type: "text" }
    ? string
    : Entry extends { type: "networks" }
      ? readonly string[]
      : number;
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

/** `stemCells` as a flag and file key: `stem-cells`. */
export function toFlag(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `stemCells` as a variable: `BRISK_STEM_CELLS`. */
export function toVariable(name: SettingName): string {
  return `BRISK_${toFlag(name).replaceAll("-", "_").toUpperCase()}`;
}
