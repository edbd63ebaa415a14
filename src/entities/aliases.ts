// Aliases: names for versions of an action, one or several that share its runs by weight. They stand in
// the annotation `aliases`: {"live": {"0.0.3": 90, "0.0.4": 10}}. Pure. Brisk's own; OpenWhisk has none.

import { failure } from "../kernel/errors.ts";
import { isJsonObject } from "../kernel/json.ts";
import type { KeyValue } from "./action.ts";
import { isVersion } from "./version.ts";

export const ALIASES = "aliases";
/** What is run where nobody asks for a version or an alias. */
export const STANDARD_ALIAS = "default";

export interface WeightedVersion {
  readonly version: string;
  /** A whole number, of which only the proportion to the alias's other ones counts. */
  readonly weight: number;
}

/** By name; each has at least one version. */
export type Aliases = ReadonlyMap<string, readonly WeightedVersion[]>;

/** Their versions are kept whatever else is dropped: so these bound what an action may occupy. */
const ALIASES_MAX = 10;
const VERSIONS_MAX = 10;
const WEIGHT_MAX = 1_000_000;
const NAME = /^[\w.-]{1,64}$/;
/** What a name must be. */
export const ALIAS_NAME = "1 to 64 letters, digits, '_', '.' and '-'";

export function isAliasName(text: string): boolean {
  return NAME.test(text);
}

/** None where the annotation is absent, `null` or `false`. Throws `invalid` where it is nonsense. */
export function readAliases(annotations: readonly KeyValue[]): Aliases {
  const value = annotations.find(({ key }) => key === ALIASES)?.value ?? false;
  if (value === false) return new Map();
  if (!isJsonObject(value)) {
    throw invalid(
      "must be an object with the aliases' names, and of each its versions with weights",
    );
  }
  const entries = Object.entries(value);
  if (entries.length > ALIASES_MAX) {
    throw invalid(`has ${entries.length} aliases, may have ${ALIASES_MAX}`);
  }
  return new Map(entries.map(([name, weights]) => [name, parseWeights(name, weights)]));
}

function parseWeights(name: string, value: unknown): readonly WeightedVersion[] {
  if (!isAliasName(name)) throw invalid(`has '${name}', must have names of ${ALIAS_NAME}`);
  const weights = isJsonObject(value) ? Object.entries(value) : [];
  if (weights.length < 1 || weights.length > VERSIONS_MAX) {
    const example = `for instance {"0.0.3": 90, "0.0.4": 10}`;
    throw invalid(`must give '${name}' 1 to ${VERSIONS_MAX} versions with weights, ${example}`);
  }
  return weights.map(([version, weight]) => {
    if (!isVersion(version)) {
      throw invalid(`gives '${name}' the version '${version}', must be major.minor.patch`);
    }
    if (!isWeight(weight)) {
      const is = JSON.stringify(weight);
      throw invalid(
        `gives '${name}' for ${version} the weight ${is}, must be a whole number from 1 to ${WEIGHT_MAX}`,
      );
    }
    return { version, weight };
  });
}

function isWeight(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= WEIGHT_MAX;
}

function invalid(what: string): Error {
  return failure("invalid", { detail: `The annotation '${ALIASES}' ${what}` });
}

/** The versions that some alias names. */
export function listAliased(aliases: Aliases): ReadonlySet<string> {
  return new Set([...aliases.values()].flat().map(({ version }) => version));
}

/** @param random from 0 to below 1, equally likely */
export function chooseVersion(weighted: readonly WeightedVersion[], random: number): string {
  let left = random * weighted.reduce((sum, { weight }) => sum + weight, 0);
  for (const { version, weight } of weighted) {
    left -= weight;
    if (left < 0) return version;
  }
  return weighted.at(-1)?.version ?? "";
}
