// What the OpenAPI documents say of answers: those that a route has of its own, those that any may have, and
// their headers.

import { ACTIVATION_HEADER, JSON_TYPE } from "./http.ts";
import type { RouteDescription } from "./routes.ts";

const ERROR = {
  type: "object",
  required: ["error", "code"],
  properties: {
    error: { type: "string", description: "What was wrong, and what would be right" },
    code: { type: "string", description: "The transaction id, as in X-Request-ID" },
  },
};

/** Whatever is asked for: what HTTP itself refuses, and how the platform may be. */
const EVERYWHERE: Readonly<Record<number, string>> = {
  400: "The request is not valid HTTP, or its path not percent-encoded UTF-8",
  406: "The answer is of no type that the request accepts",
  414: "The URI is too long",
  417: "Something else is expected than 100-continue",
  431: "The headers are too long",
  500: "The platform has a fault",
  503: "The platform is overloaded, or stopping",
};

const HEADERS = {
  RequestId: { description: "The transaction's id", schema: { type: "string" } },
  ActivationId: { description: "The activation's id", schema: { type: "string" } },
  Challenge: { description: "That a key is asked for", schema: { type: "string" } },
};

const ACTIVATION_ID = { $ref: "#/components/headers/ActivationId" };
const COMMON_HEADERS = { "X-Request-ID": { $ref: "#/components/headers/RequestId" } };

/** What the answers refer to. */
export const RESPONSE_COMPONENTS: object = {
  schemas: { Error: ERROR },
  headers: HEADERS,
  responses: Object.fromEntries(
    Object.entries(EVERYWHERE).map(([status, description]) => [
      `Any${status}`,
      toRefusal(Number(status), description),
    ]),
  ),
};

/** `common` are those that the route has as others do, without words of its own. */
export function toResponses(
  { answers, answerType = JSON_TYPE, isInvocation }: RouteDescription,
  common: Readonly<Record<number, string>>,
): object {
  const own = Object.entries({ ...common, ...answers }).map(([status, description]) => [
    status,
    toResponse(Number(status), {
      description,
      type: answerType,
      isInvocation: isInvocation === true,
    }),
  ]);
  const any = Object.keys(EVERYWHERE).map((status) => [
    status,
    { $ref: `#/components/responses/Any${status}` },
  ]);
  return { ...Object.fromEntries(any), ...Object.fromEntries(own) };
}

interface ResponseDescription {
  readonly description: string;
  /** Of what is no error. */
  readonly type: string;
  readonly isInvocation: boolean;
}

function toResponse(
  status: number,
  { description, type, isInvocation }: ResponseDescription,
): object {
  if (status >= 400 && !OWN_FAILURES.includes(status)) return toRefusal(status, description);
  const activation = isInvocation && status !== 204 ? { [ACTIVATION_HEADER]: ACTIVATION_ID } : {};
  const headers = { ...COMMON_HEADERS, ...activation };
  return { description, headers, ...(status === 204 ? {} : { content: { [type]: {} } }) };
}

/** Where a route has them, it words them: a failed activation is answered as one, not as an error. */
const OWN_FAILURES: readonly number[] = [500, 502];

function toRefusal(status: number, description: string): object {
  const challenge = { "WWW-Authenticate": { $ref: "#/components/headers/Challenge" } };
  const headers = { ...COMMON_HEADERS, ...(status === 401 ? challenge : {}) };
  const schema = { $ref: "#/components/schemas/Error" };
  return { description, headers, content: { [JSON_TYPE]: { schema } } };
}
