// What a conductor's result says: how the composition goes on, or what it ends with. Pure. Source:
// web-and-composition specification, 3.2 and 3.3.

import { type EntityName, isEntityName, type QualifiedName } from "../entities/names.ts";
import { isJsonObject, type JsonObject, type RawJson, toRawJson } from "../kernel/json.ts";

export type Continuation =
  | { readonly type: "end"; readonly result: RawJson }
  | {
      readonly type: "step";
      /** Whatever the conductor wrote there. */
      readonly action: unknown;
      readonly params?: RawJson;
      readonly state?: RawJson;
    };

/** Of a result that is a success, so an object without `error`, or an array. */
export function readContinuation(result: RawJson): Continuation {
  const value: unknown = JSON.parse(result);
  if (!isJsonObject(value)) return { type: "end", result: toRawJson({ value }) };
  const params = box(value, "params", "value");
  if (!Object.hasOwn(value, "action")) return { type: "end", result: params ?? result };
  const state = box(value, "state", "state");
  return {
    type: "step",
    action: value["action"],
    ...(params === undefined ? {} : { params }),
    ...(state === undefined ? {} : { state }),
  };
}

/** The field, where it is there; what is no object becomes the only field of one. */
function box(value: JsonObject, field: "params" | "state", as: string): RawJson | undefined {
  if (!Object.hasOwn(value, field)) return undefined;
  const inner = value[field];
  return toRawJson(isJsonObject(inner) ? inner : { [as]: inner });
}

/** What the conductor gets beside its own parameters: the state lies over the input. */
export function toConductorPayload(input: RawJson, state: RawJson | undefined): RawJson {
  const value: unknown = JSON.parse(input);
  // An array is no input, and what is no input takes the state with it.
  if (!isJsonObject(value)) return NOTHING;
  if (state === undefined) return input;
  return toRawJson({ ...value, ...(JSON.parse(state) as JsonObject) });
}

const NOTHING = "{}" as RawJson;
/** Stands for the invoker's namespace. */
const OWN = "_";

/** The action that is meant, seen from the invoker's namespace; `undefined` where it is no name. */
export function toStepName(action: unknown, own: EntityName): QualifiedName | undefined {
  if (typeof action !== "string") return undefined;
  const isAbsolute = action.startsWith("/");
  const parts = (isAbsolute ? action.slice(1) : action).split("/");
  if (!parts.every(isEntityName) || parts.length > 3) return undefined;
  if (!isAbsolute && parts.length < 3) return toName([own, ...parts]);
  const [first, ...rest] = parts;
  return toName([first === OWN || first === undefined ? own : first, ...rest]);
}

function toName(parts: readonly EntityName[]): QualifiedName | undefined {
  const [namespace, second, third] = parts;
  if (namespace === undefined || second === undefined) return undefined;
  if (third === undefined) return { namespace, name: second };
  return { namespace, package: second, name: third };
}
