// What the routes of all collections share: the name in a path, the standard query and answers.

import { parseEntityName, parseNamespaceName, type QualifiedName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { checkOwn, resolveNamespace } from "../entitlement/rights.ts";
import type { PageOptions } from "../stores/port.ts";
import { type Call, json, type Reply } from "./http.ts";
import { parseBoolean, parsePage } from "./query.ts";
import type { Parameters, QueryParameter, Route } from "./routes.ts";

export const PAGE_QUERY: readonly QueryParameter[] = [
  { name: "limit", type: "integer", meaning: "Entries, up to 200; 0 means 200, standard is 30" },
  { name: "skip", type: "integer", meaning: "Entries to leave out at the beginning" },
  { name: "count", type: "boolean", meaning: "Answer only how many there are" },
];

export const OVERWRITE_QUERY: readonly QueryParameter[] = [
  { name: "overwrite", type: "boolean", meaning: "Update it where it exists" },
];

export const COMMON = {
  400: "A name, a query parameter or the body is wrong",
  401: "No or wrong credentials",
  403: "Another namespace's",
} as const;
export const LISTED = {
  200: "Summaries, the newest first",
  413: "The page is too large: a lower limit asks for less",
} as const;
export const MISSING = {
  404: "There is none of this name",
  409: "Something else has this name",
} as const;

export const BODY = { 413: "The body is too large", 415: "The body is not JSON" } as const;

/** A collection is listed with and without a slash at the end. */
export function createListRoutes(
  collection: string,
  route: Pick<Route, "summary" | "answers" | "handle">,
): readonly Route[] {
  return [collection, `${collection}/`].map((path) => ({
    method: "GET",
    path,
    query: PAGE_QUERY,
    ...route,
  }));
}

type Names = Omit<QualifiedName, "namespace">;

/** What a route's match has is the same for all that ask for the same. */
const known = new WeakMap<Parameters, Names>();

export function toNames(parameters: Parameters): Names {
  let names = known.get(parameters);
  if (names === undefined) {
    names = parseNames(parameters);
    known.set(parameters, names);
  }
  return names;
}

function parseNames({ namespace, package: packageName, name = "" }: Parameters): Names {
  if (namespace !== undefined) parseNamespaceName(namespace);
  const parsed = packageName === undefined ? {} : { package: parseEntityName(packageName) };
  return { ...parsed, name: parseEntityName(name) };
}

/** What may be another's where it is in a package; the registry knows which may be had. */
export function toReadable(
  names: Names,
  parameters: Parameters,
  identity: Identity,
): QualifiedName {
  if (names.package === undefined) return toOwn(names, parameters, identity);
  return { ...names, namespace: resolveNamespace(identity, parameters["namespace"] ?? "") };
}

export function toOwn(
  names: Names,
  { namespace = "" }: Parameters,
  identity: Identity,
): QualifiedName {
  const resource = names.package ?? names.name;
  return { ...names, namespace: checkOwn(identity, { namespace, resource }) };
}

export interface Listing<Entity> {
  /** Its name, under which a count is answered. */
  readonly collection: string;
  count(): Promise<number>;
  list(page: PageOptions): Promise<Iterable<Entity>>;
  /** An entry as it is shown. */
  show(entity: Entity): object;
}

/** A page of a collection, or how many entries follow what is skipped. */
export async function answerList<Entity>(call: Call, listing: Listing<Entity>): Promise<Reply> {
  const { query, answers, exchange } = call;
  const { collection } = listing;
  const page = parsePage(query, collection);
  if (parseBoolean(query, "count")) {
    return json({ [collection]: Math.max(0, (await listing.count()) - page.skip) });
  }
  const entries = () => listing.list(page);
  return { status: 200, text: await answers.print(exchange, entries, listing.show) };
}
