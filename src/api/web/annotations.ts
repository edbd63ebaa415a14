// What an action's annotations say of its web side, and whether a request has what they ask for. Values
// are taken strictly: "true" is not true. Source: web-action specification, 1.1.

import type { Action } from "../../entities/action.ts";
import { isRawNumber } from "../../kernel/lossless-json.ts";
import { isSameSecret } from "../../kernel/secrets.ts";

export interface WebAnnotations {
  readonly isExported: boolean;
  /** Query and body go to the action unparsed. */
  readonly isRaw: boolean;
  /** The action answers OPTIONS, and sets what browsers are told about other origins. */
  readonly hasOwnOptions: boolean;
  /** Its parameters may not be given by the caller. */
  readonly isFinal: boolean;
  /** Absent where nothing is asked for. */
  readonly requirement?: { readonly value: unknown };
}

export function readWebAnnotations({ annotations }: Pick<Action, "annotations">): WebAnnotations {
  const values = new Map(annotations.map(({ key, value }) => [key, value]));
  const requirement = "require-whisk-auth";
  return {
    isExported: values.get("web-export") === true,
    isRaw: values.get("raw-http") === true,
    hasOwnOptions: values.get("web-custom-options") === true,
    isFinal: values.get("final") === true,
    ...(values.has(requirement) ? { requirement: { value: values.get(requirement) } } : {}),
  };
}

export interface Credentials {
  /** Whether the caller came with a valid key, of whomever. */
  readonly isAuthenticated: boolean;
  /** The header `X-Require-Whisk-Auth`. */
  readonly secret: string | undefined;
}

/** What cannot be met, because the annotation makes no sense, is met by nobody. */
export function meetsRequirement(
  { requirement }: Pick<WebAnnotations, "requirement">,
  { isAuthenticated, secret }: Credentials,
): boolean {
  if (requirement === undefined) return true;
  const { value } = requirement;
  switch (typeof value) {
    case "boolean":
      return value ? isAuthenticated : true;
    case "string":
      return secret !== undefined && isSameSecret(value, secret);
    case "number":
      return secret !== undefined && isSameSecret(toDecimal(value), secret);
    default:
      return isRawNumber(value) && secret !== undefined && isSameSecret(value.rawJSON, secret);
  }
}

/** Without an exponent, which `String` begins to use at 1e21. */
function toDecimal(value: number): string {
  return Number.isInteger(value) ? String(BigInt(value)) : String(value);
}
