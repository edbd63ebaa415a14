// Semantic versions of entities: `major.minor.patch` (rest-api specification, 2 and 3.0).

import { failure } from "../kernel/errors.ts";

export const FIRST_VERSION = "0.0.1";

/** Missing parts are 0, further parts are cut. Throws `body-malformed`. */
export function parseVersion(text: string): string {
  const parts = text.split(".").slice(0, 3);
  while (parts.length < 3) parts.push("0");
  const isValid = parts.every((part) => /^\d{1,9}$/.test(part)) && parts.some((p) => Number(p) > 0);
  if (!isValid) {
    const detail = `'version' is "${text}", must be major.minor.patch in whole numbers, not all of them 0`;
    throw failure("body-malformed", { detail });
  }
  return parts.map(Number).join(".");
}

/** Whether it is written as versions are stored. */
export function isVersion(text: string): boolean {
  return /^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){2}$/.test(text);
}

/** Of a document that is stored: what was asked for, else one patch more. Throws `body-malformed`. */
export function toUpdatedVersion(given: string | undefined, before: string | undefined): string {
  if (given !== undefined) return parseVersion(given);
  return before === undefined ? FIRST_VERSION : toNextVersion(before);
}

export function toNextVersion(version: string): string {
  const [major = "0", minor = "0", patch = "0"] = version.split(".");
  return `${major}.${minor}.${Number(patch) + 1}`;
}
