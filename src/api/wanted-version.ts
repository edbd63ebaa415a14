// Which version of an action a request is for: the query parameters `version`, `alias` and `versions`.

import { ALIAS_NAME, isAliasName } from "../entities/aliases.ts";
import { isVersion } from "../entities/version.ts";
import { failure } from "../kernel/errors.ts";
import type { WantedVersion } from "../registry/actions.ts";
import type { QueryParameter } from "./routes.ts";

export const RUN_VERSION_QUERY: readonly QueryParameter[] = [
  { name: "version", type: "string", meaning: "Run this version, if it is kept" },
  { name: "alias", type: "string", meaning: "Run a version of this alias; not with version" },
];

export const GET_VERSION_QUERY: readonly QueryParameter[] = [
  { name: "version", type: "string", meaning: "This version, if it is kept" },
  {
    name: "versions",
    type: "boolean",
    meaning: "Instead, summaries of all versions: the current one, then those that are kept",
  },
];

/** Throws `query-malformed`. */
export function parseWanted(query: URLSearchParams): WantedVersion {
  const version = parseWantedVersion(query);
  const alias = query.get("alias") ?? undefined;
  if (version !== undefined && alias !== undefined) {
    const detail = "it cannot be given together with 'version'";
    throw failure("query-malformed", { name: "alias", detail });
  }
  if (alias === undefined) return version === undefined ? {} : { version };
  if (isAliasName(alias)) return { alias };
  throw failure("query-malformed", {
    name: "alias",
    detail: `'${alias}' is not the name of an alias, must be ${ALIAS_NAME}`,
  });
}

/** Throws `query-malformed`. */
export function parseWantedVersion(query: URLSearchParams): string | undefined {
  const version = query.get("version") ?? undefined;
  if (version === undefined || isVersion(version)) return version;
  const detail = `'${version}' is not a version, must be major.minor.patch`;
  throw failure("query-malformed", { name: "version", detail });
}
