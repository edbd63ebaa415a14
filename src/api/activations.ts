// `/namespaces/NS/activations`: records as they were stored, in whole or in part (rest-api
// specification, 3.5 and 6). They are text that passes through.

import type { ActivationDocument } from "../entities/activation.ts";
import { toRecordText } from "../entities/activation.ts";
import { isEntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { checkOwn } from "../entitlement/rights.ts";
import { failure } from "../kernel/errors.ts";
import { isActivationId } from "../kernel/ids.ts";
import type { ActivationQuery, ActivationStore, JsonPieces } from "../stores/port.ts";
import { LISTED, PAGE_QUERY } from "./entity-requests.ts";
import { type Call, json, type Reply } from "./http.ts";
import type { Body } from "./portions.ts";
import { parseBoolean, parseInteger, parsePage } from "./query.ts";
import type { Parameters, Route } from "./routes.ts";

const ID_LENGTH = 32;

const COMMON = {
  400: "An id or a query parameter is wrong",
  401: "No or wrong credentials",
  403: "Another namespace's",
} as const;

export function createActivationRoutes(activations: ActivationStore): readonly Route[] {
  const item = (
    suffix: string,
    summary: string,
    show: (document: ActivationDocument) => string,
  ): Route => ({
    method: "GET",
    path: `namespaces/:namespace/activations/:id${suffix}`,
    summary,
    answers: { 200: summary, ...COMMON, 404: "There is none with this id" },
    handle: async (_, parameters, identity) => ({
      status: 200,
      text: show(await find(activations, parameters, identity)),
    }),
  });
  const list = (path: string): Route => ({
    method: "GET",
    path,
    summary: "List activations",
    query: [
      ...PAGE_QUERY,
      { name: "name", type: "string", meaning: "Only of this action, `name` or `package/name`" },
      { name: "since", type: "integer", meaning: "Started then or later, ms since the epoch" },
      { name: "upto", type: "integer", meaning: "Started then or earlier, ms since the epoch" },
      { name: "docs", type: "boolean", meaning: "Whole records" },
    ],
    answers: { ...LISTED, ...COMMON },
    handle: (call, parameters, identity) =>
      listActivations(activations, { call, parameters, identity }),
  });
  return [
    list("namespaces/:namespace/activations"),
    list("namespaces/:namespace/activations/"),
    item("", "An activation's record", (document) => toRecordText(document)),
    item("/", "An activation's record", (document) => toRecordText(document)),
    item("/result", "An activation's response", ({ response }) => response),
    item("/logs", "An activation's log", ({ logs }) => `{"logs":${logs}}`),
  ];
}

async function find(
  activations: ActivationStore,
  { namespace = "", id = "" }: Parameters,
  identity: Identity,
): Promise<ActivationDocument> {
  if (id.length !== ID_LENGTH) {
    const detail = `Activation id length is ${id.length} but must be ${ID_LENGTH}.`;
    throw failure("invalid", { detail });
  }
  if (!isActivationId(id)) throw failure("invalid", { detail: "The activation id is not valid." });
  const own = checkOwn(identity, { namespace, resource: id });
  const document = await activations.get(own, id);
  if (document === undefined) throw failure("resource-missing");
  return document;
}

async function listActivations(
  activations: ActivationStore,
  given: { readonly call: Call; readonly parameters: Parameters; readonly identity: Identity },
): Promise<Reply> {
  const { query } = given.call;
  const { namespace = "" } = given.parameters;
  const own = checkOwn(given.identity, { namespace });
  const page = parsePage(query, "activations");
  const filterName = parseFilterName(query);
  const since = parseInteger(query, "since", toEpochDetail);
  const upto = parseInteger(query, "upto", toEpochDetail);
  const docs = parseBoolean(query, "docs");
  const isCount = parseBoolean(query, "count");
  const wanted: ActivationQuery = {
    namespace: own,
    ...page,
    ...(filterName === undefined ? {} : { filterName }),
    ...(since === undefined ? {} : { since }),
    ...(upto === undefined ? {} : { upto }),
  };
  if (!isCount) return { status: 200, text: toBody(await activations.list(wanted, docs)) };
  if (docs) {
    const detail = "The parameter 'docs' is not permitted with 'count'.";
    throw failure("invalid", { detail });
  }
  return json({ activations: Math.max(0, (await activations.count(wanted)) - page.skip) });
}

/** What is in one piece needs no portions. */
function toBody(pieces: JsonPieces): Body {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? Buffer.from(first.buffer) : pieces;
}

/** OpenWhisk's words; the values are milliseconds. */
function toEpochDetail(text: string): string {
  return `Parameter is not a valid value for epoch seconds: ${text}`;
}

function parseFilterName(query: URLSearchParams): string | undefined {
  const text = query.get("name");
  if (text === null || text === "") return undefined;
  const segments = text.split("/");
  if (segments.length <= 2 && segments.every(isEntityName)) return text;
  const detail = `Parameter may be a 'simple' name or 'package-name/simple' name: ${text}`;
  throw failure("query-malformed", { name: "name", detail });
}
