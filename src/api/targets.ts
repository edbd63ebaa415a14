// What a request's line asks for. Clients ask for the same few again and again: these are parsed once.

import { failure } from "../kernel/errors.ts";
import { KB } from "../kernel/units.ts";
import { toOriginForm } from "./protocol.ts";
import type { Match, Router } from "./routes.ts";

export interface Target {
  readonly path: string;
  /** Of what is below the API's prefix, as they were sent; absent for what is not. */
  readonly segments: readonly string[] | undefined;
  /** Not to be changed. */
  readonly query: URLSearchParams;
  /** As it was sent, without `?`. */
  readonly queryText: string;
  /** By verb. */
  readonly matches: Map<string, Match | undefined>;
}

/** OpenWhisk's bound (rest-api specification, 1.1). */
const URI_LENGTH_MAX = 8 * KB;
/** What is longer is not asked for again. */
const KNOWN_LENGTH_MAX = 256;
const KNOWN_MAX = 1000;
const NO_QUERY = new URLSearchParams();

export class Targets {
  readonly #prefix: string;
  readonly #known = new Map<string, Target>();

  /** @param prefix of the API, without a slash at its end */
  constructor(prefix: string) {
    this.#prefix = `${prefix}/`;
  }

  /** Throws `uri-too-long`. */
  read(text: string): Target {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const target = this.#parse(text);
    if (text.length <= KNOWN_LENGTH_MAX) {
      if (this.#known.size === KNOWN_MAX) this.#known.clear();
      this.#known.set(text, target);
    }
    return target;
  }

  #parse(text: string): Target {
    const url = toOriginForm(text);
    if (url.length > URI_LENGTH_MAX) throw failure("uri-too-long");
    const mark = url.indexOf("?");
    const raw = mark === -1 ? url : url.slice(0, mark);
    // Clients put a slash of their own in front of `/api`.
    const path = raw.startsWith("//") ? raw.replace(/^\/+/, "/") : raw;
    const queryText = mark === -1 ? "" : url.slice(mark + 1);
    const isBelow = path.startsWith(this.#prefix);
    return {
      path,
      segments: isBelow ? path.slice(this.#prefix.length).split("/") : undefined,
      query: queryText === "" ? NO_QUERY : new URLSearchParams(queryText),
      queryText,
      matches: new Map(),
    };
  }
}

/** Throws `invalid` for a segment that cannot be read. */
export function findMatch(
  router: Router,
  method: string,
  { matches, segments = [] }: Target,
): Match | undefined {
  const known = matches.get(method);
  if (known !== undefined) return known;
  const match = router(method, segments);
  if (match !== undefined) matches.set(method, match);
  return match;
}
