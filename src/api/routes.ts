// The table of routes: what is answered, by whom, and what the OpenAPI document says of it.

import type { GenericSchema } from "valibot";
import type { Identity } from "../entities/subject.ts";
import { type BriskError, failure } from "../kernel/errors.ts";
import type { BareReply, Call, Reply, StreamReply } from "./http.ts";

export type Method = "GET" | "PUT" | "POST" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS";

export interface QueryParameter {
  readonly name: string;
  readonly type: "boolean" | "integer" | "string";
  readonly meaning: string;
}

export interface HeaderParameter {
  readonly name: string;
  readonly meaning: string;
}

export interface RouteDescription {
  readonly method: Method;
  /** Below `/api/v1`, with `:name` for a segment that is a parameter; a last `/` counts. */
  readonly path: string;
  readonly summary: string;
  readonly query?: readonly QueryParameter[];
  readonly headers?: readonly HeaderParameter[];
  readonly body?: GenericSchema;
  /** A body that is taken as it is, for whoever tries it out. */
  readonly example?: object;
  /** By status; `default` where others are possible, as somebody else chooses them. */
  readonly answers: Readonly<Record<number, string>> & { readonly default?: string };
  /** The media type of what is no error; JSON unless given. */
  readonly answerType?: string;
  /** Whether it starts an activation: its answers name that, and show it also where it failed. */
  readonly isInvocation?: true;
  /** Whether it is answered without a key too. */
  readonly isOpen?: true;
}

export type Parameters = Readonly<Record<string, string>>;

export interface Route extends RouteDescription {
  handle(call: Call, parameters: Parameters, identity: Identity): Promise<Reply> | Reply;
}

/**
 * A part of the API with ways of its own, which is asked first about all that begins with its segment:
 * it knows its paths and verbs, asks for keys or not, and words its answers and errors.
 */
export interface Subtree {
  readonly segment: string;
  readonly descriptions: readonly RouteDescription[];
  /**
   * `undefined` where it has no such path; resolves also where the request is refused. `toFailure` is
   * what a caller may hear of anything that was thrown: it logs what is no fault of the caller's.
   */
  handle(call: Call, toFailure: (cause: unknown) => BriskError): SubtreeReply | undefined;
}

export type SubtreeReply = Promise<BareReply | StreamReply>;

export interface Match {
  readonly route: Route;
  readonly parameters: Parameters;
}

export type Router = (method: string, segments: readonly string[]) => Match | undefined;

interface Compiled {
  readonly route: Route;
  readonly pattern: readonly Part[];
}

interface Part {
  /** A parameter's name, or the segment itself. */
  readonly text: string;
  readonly isParameter: boolean;
}

function toPart(segment: string): Part {
  const isParameter = segment.startsWith(":");
  return { text: isParameter ? segment.slice(1) : segment, isParameter };
}

export function createRouter(routes: readonly Route[]): Router {
  // By method and number of segments few are left to compare.
  const table = new Map<string, Compiled[]>();
  for (const route of routes) {
    const pattern = route.path.split("/").map(toPart);
    const key = `${route.method} ${pattern.length}`;
    table.set(key, [...(table.get(key) ?? []), { route, pattern }]);
  }
  return (method, segments) => {
    for (const { route, pattern } of table.get(`${method} ${segments.length}`) ?? []) {
      const parameters = matchPattern(pattern, segments);
      if (parameters !== undefined) return { route, parameters };
    }
    return undefined;
  };
}

const END: Part = { text: "", isParameter: false };

function matchPattern(
  pattern: readonly Part[],
  segments: readonly string[],
): Parameters | undefined {
  for (let index = 0; index < pattern.length; index++) {
    const { text, isParameter } = pattern[index] ?? END;
    const segment = segments[index] ?? "";
    if (isParameter ? segment === "" : segment !== text) return undefined;
  }
  const parameters: Record<string, string> = {};
  for (let index = 0; index < pattern.length; index++) {
    const { text, isParameter } = pattern[index] ?? END;
    if (isParameter) parameters[text] = decode(segments[index] ?? "");
  }
  return parameters;
}

function decode(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    const detail = `The path segment '${segment}' is not percent-encoded UTF-8`;
    throw failure("invalid", { detail }, cause);
  }
}
