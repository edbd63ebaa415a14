// The table of `brisk activation list`, as wide as `wsk` makes it.

import { STATUS_WORDS } from "../entities/activation.ts";
import type { JsonObject } from "../kernel/json.ts";
import { toNumber } from "../kernel/lossless-json.ts";
import { SECOND_MS } from "../kernel/units.ts";
import { findAnnotation, toText } from "./answers.ts";
import { formatTable } from "./table.ts";

const SHORT_STATUS = ["success", "application error", "developer error", "internal error"];
const DURATION_WIDTH = 10;
const START_WIDTH = 5;

/** Nothing at all where there are none. */
export function formatActivations(activations: readonly JsonObject[]): string | undefined {
  if (activations.length === 0) return undefined;
  const rows = activations.map((activation) => [
    formatTime(toNumber(activation["start"])),
    toText(activation["activationId"]),
    toText(findAnnotation(activation, "kind")) || "unknown",
    findAnnotation(activation, "initTime") === undefined ? "warm" : "cold",
    formatDuration(activation),
    SHORT_STATUS[findStatusCode(activation)] ?? "",
    toEntity(activation),
  ]);
  const header = ["Datetime", "Activation ID", "Kind", "Start", "Duration", "Status", "Entity"];
  const least = [0, 0, 0, START_WIDTH, DURATION_WIDTH, 0, 0];
  return formatTable([header, ...rows], least);
}

function findStatusCode(activation: JsonObject): number {
  const code = toNumber(activation["statusCode"]);
  if (!Number.isNaN(code)) return code;
  // A trigger's has none: it succeeds by firing.
  const response = activation["response"] as JsonObject | undefined;
  return Math.max(0, STATUS_WORDS.indexOf(toText(response?.["status"])));
}

const ENTITY_WIDTHS = { namespace: 20, name: 30, version: 20 };

function toEntity(activation: JsonObject): string {
  const namespace = shorten(toText(activation["namespace"]), ENTITY_WIDTHS.namespace);
  const name = shorten(toText(activation["name"]), ENTITY_WIDTHS.name);
  return `${namespace}/${name}:${shorten(toText(activation["version"]), ENTITY_WIDTHS.version)}`;
}

const DOTS = "...";

/** Shortened in the middle: names differ at their ends. */
function shorten(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const kept = lengthMax - DOTS.length;
  const head = Math.ceil(kept / 2);
  return `${text.slice(0, head)}${DOTS}${text.slice(text.length - (kept - head))}`;
}

/** Local, to the second. */
export function formatTime(epochMs: number): string {
  const time = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${day} ${clock}`;
}

const MINUTE_S = 60;
const HOUR_S = 3600;

/** `35ms`, `1.5s`, `2m3.5s`, `1h0m0s`. */
function formatDuration({ start, end, duration }: JsonObject): string {
  const ms = toNumber(end) - toNumber(start);
  if (toNumber(duration) === 0 || !(ms > 0)) return "0s";
  if (ms < SECOND_MS) return `${ms}ms`;
  const seconds = ms / SECOND_MS;
  if (seconds < MINUTE_S) return `${seconds}s`;
  const rest = Number((seconds % MINUTE_S).toFixed(3));
  const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
  const hours = Math.floor(seconds / HOUR_S);
  return `${hours > 0 ? `${hours}h` : ""}${minutes}m${rest}s`;
}
