// Query parameters, parsed with OpenWhisk's words for what is wrong (rest-api specification, 1.4, 3.0).

import { failure } from "../kernel/errors.ts";
import type { PageOptions } from "../stores/port.ts";

const LIMIT_STANDARD = 30;
const LIMIT_MAX = 200;

function malformed(name: string, detail: string): Error {
  return failure("query-malformed", { name, detail });
}

export function parseBoolean(query: URLSearchParams, name: string, standard = false): boolean {
  const text = query.get(name);
  if (text === null || text === "") return standard;
  switch (text.toLowerCase()) {
    case "true":
    case "yes":
    case "on":
    case "1":
      return true;
    case "false":
    case "no":
    case "off":
    case "0":
      return false;
    default:
      throw malformed(name, `'${text}' is not a valid Boolean value`);
  }
}

/** @param toDetail says of a text that is no integer what is wrong: OpenWhisk words it by parameter. */
export function parseInteger(
  query: URLSearchParams,
  name: string,
  toDetail: (text: string) => string,
): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw malformed(name, toDetail(text));
  }
  return value;
}

/** `limit=0` is the largest page. */
export function parsePage(query: URLSearchParams, collection: string): PageOptions {
  const toDetail = (text: string) => `The value '${text}' is not an integer for ${collection}.`;
  const limit = parseInteger(query, "limit", toDetail) ?? LIMIT_STANDARD;
  if (limit < 0 || limit > LIMIT_MAX) {
    throw malformed(
      "limit",
      `The value '${limit}' is not in the range of 0 to ${LIMIT_MAX} for ${collection}.`,
    );
  }
  const skip = parseInteger(query, "skip", toDetail) ?? 0;
  if (skip < 0) {
    throw malformed(
      "skip",
      `The value '${skip}' is not greater than or equal to 0 for ${collection}.`,
    );
  }
  return { skip, limit: limit === 0 ? LIMIT_MAX : limit };
}
