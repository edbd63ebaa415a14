// The catalogue of everything that Brisk says when it refuses: code, HTTP status, and the sentence
// as a function of typed details. Texts marked OW are OpenWhisk's, which clients and their tests
// match (rest-api specification, section 11); the others are ours.

type Text<Details> = (details: Details) => string;
interface Entry<Details> {
  readonly status: number;
  readonly text: Text<Details>;
}

function entry<Details = void>(status: number, text: Text<Details>): Entry<Details> {
  return { status, text };
}

function allowedCount(details: { count: number; allowed: number }): string {
  return `(count: ${details.count}, allowed: ${details.allowed})`;
}

export const CATALOGUE = {
  "alias-missing": entry<{ alias: string }>(404, (d) => `The action has no alias '${d.alias}'.`),
  "already-exists": entry(409, () => "resource already exists"), // OW
  "answers-full": entry<{ allowed: number }>(
    503,
    (d) =>
      `The platform is overloaded: large requests and answers have ${d.allowed} MB in all; what was asked for was done, but its answer cannot be sent`,
  ),
  "authentication-invalid": entry(401, () => "The supplied authentication is invalid"), // OW
  "authentication-missing": entry(
    401,
    () => "The resource requires authentication, which was not supplied with the request", // OW
  ),
  "authentication-required": entry(
    401,
    () => "Authentication is possible but has failed or not yet been provided.", // OW
  ),
  "binding-from-package": entry(
    409,
    () => "Resource is a package and cannot be converted into a binding.", // OW
  ),
  "binding-of-binding": entry(400, () => "Cannot bind to another package binding."), // OW
  "binding-operation": entry(400, () => "Operation not permitted on package binding."), // OW
  "binding-target-missing": entry(
    400,
    () => "Binding references a package that does not exist.", // OW
  ),
  "binding-target-type": entry(
    409,
    () => "Cannot bind to a resource that is not a package.", // OW
  ),
  "bodies-full": entry<{ allowed: number }>(
    503,
    (d) =>
      `The platform is overloaded: large requests and answers have ${d.allowed} MB in all; try again later`,
  ),
  "bus-full": entry<{ waiting: number }>(
    503,
    (d) => `The platform is overloaded: ${d.waiting} activations are waiting; try again later`,
  ),
  "body-malformed": entry<{ detail: string }>(
    400,
    (d) => `The request content was malformed:\n${d.detail}`, // OW
  ),
  conflict: entry(409, () => "Concurrent modification to resource detected."), // OW
  "content-type-unsupported": entry<{ is: string }>(
    415,
    (d) =>
      `The request's Content-Type is not supported. Expected:\napplication/json, got ${d.is || "none"}`,
  ),
  "expectation-unknown": entry<{ is: string }>(
    417,
    (d) => `The request's Expect header is "${d.is}", must be 100-continue`,
  ),
  "idempotency-key-reused": entry<{ key: string }>(
    422,
    (d) =>
      `The Idempotency-Key '${d.key}' was used for another request within the last 24 hours: every other request needs a key of its own`,
  ),
  invalid: entry<{ detail: string }>(400, (d) => d.detail),
  "kind-not-allowed": entry<{ kind: string }>(
    403,
    (d) => `The supplied authentication is not authorized to access actions of kind '${d.kind}'.`, // OW
  ),
  "method-or-path-unknown": entry(404, () => "The requested resource could not be found."), // OW
  "method-not-allowed": entry<{ allowed: string }>(
    405,
    (d) => `HTTP method not allowed, supported methods: ${d.allowed}`, // OW
  ),
  "method-unsupported": entry(501, () => "Unsupported HTTP method"), // OW
  "not-acceptable": entry<{ type: string }>(
    406,
    (d) => `Resource representation is only available with these types:\n${d.type}`, // OW
  ),
  "not-authorized": entry<{ resource: string }>(
    403,
    (d) => `The supplied authentication is not authorized to access '${d.resource}'.`, // OW
  ),
  "other-type": entry(
    409,
    () => "Resource by this name exists but is not in this collection.", // OW
  ),
  "package-missing": entry<{ name: string }>(
    404,
    (d) => `The requested resource '${d.name}' does not exist.`, // OW
  ),
  "parameters-protected": entry(
    400,
    () => "Request defines parameters that are not allowed (e.g., reserved properties).", // OW
  ),
  "request-aborted": entry(
    400,
    () => "The connection was closed before the request had come whole",
  ),
  "package-not-empty": entry<{ count: number }>(
    409,
    (d) =>
      `Package not empty (contains ${d.count} ${d.count === 1 ? "entity" : "entities"}). Set force param or delete package contents.`, // OW
  ),
  "query-malformed": entry<{ name: string; detail: string }>(
    400,
    (d) => `The query parameter '${d.name}' was malformed:\n${d.detail}`, // OW
  ),
  "read-only": entry<{ directory: string }>(
    500,
    (d) => `The data directory ${d.directory} cannot be written`,
  ),
  "resource-missing": entry(404, () => "The requested resource does not exist."), // OW
  "response-not-ready": entry(202, () => "Response not yet ready."), // OW
  "response-property-missing": entry(
    404,
    () => "Response does not include requested property.", // OW
  ),
  "response-type-mismatch": entry(
    400,
    () => "Response type in header did not match generated content type.", // OW
  ),
  "response-type-unknown": entry(
    400,
    () => "Response did not specify a known content-type.", // OW
  ),
  "response-unfit": entry<{ type: string }>(400, (d) => `Response is not valid '${d.type}'.`), // OW
  "run-failed": entry(400, () => "There was an error processing your request."), // OW
  "server-fault": entry(500, () => "There was an internal server error."), // OW
  "storage-failed": entry<{ detail: string }>(
    500,
    (d) => `The platform could not store it: ${d.detail}`,
  ),
  "storage-full": entry(503, () => "The platform's disk is full: nothing was accepted"),
  "store-full": entry<{ waiting: number }>(
    503,
    (d) => `The store is overloaded: ${d.waiting} requests wait for it; try again later`,
  ),
  stopping: entry(503, () => "The platform is stopping: nothing was accepted"),
  "too-large": entry<{ field: string; is: number; allowed: number }>(
    413,
    (d) => `${d.field} larger than allowed: ${d.is} > ${d.allowed} bytes.`, // OW
  ),
  "too-many-concurrent": entry<{ count: number; allowed: number }>(
    429,
    (d) => `Too many concurrent requests in flight ${allowedCount(d)}.`, // OW
  ),
  "too-many-keys": entry<{ allowed: number }>(
    429,
    (d) =>
      `Too many idempotency keys in the last 24 hours (allowed: ${d.allowed}): nothing was accepted; leave the header out, or wait`,
  ),
  "too-many-per-minute": entry<{ count: number; allowed: number }>(
    429,
    (d) => `Too many requests in the last minute ${allowedCount(d)}.`, // OW
  ),
  "too-many-waiting": entry<{ count: number; megabytes: number }>(
    429,
    (d) =>
      `Too many activations are waiting: the namespace's ${d.count}, ${d.megabytes} MB in all, take its share of the platform's room; try again when some have ended`,
  ),
  "uri-too-long": entry(414, () => "The length of the request's URI exceeds 8192 bytes."),
  "version-missing": entry<{ version: string }>(
    404,
    (d) => `The version ${d.version} of the action is not kept.`,
  ),
  unavailable: entry<{ detail: string }>(503, (d) => d.detail),
} as const satisfies Record<string, Entry<never>>;

export type ErrorCode = keyof typeof CATALOGUE;
type DetailsOf<Code extends ErrorCode> =
  (typeof CATALOGUE)[Code] extends Entry<infer Details> ? Details : never;

/** Bad input or bad weather, worded for the caller. What went wrong inside stands in `cause`. */
export class BriskError extends Error {
  override readonly name = "BriskError";
  readonly code: ErrorCode;
  readonly status: number;

  constructor(code: ErrorCode, text: string, cause?: unknown) {
    super(text, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = CATALOGUE[code].status;
  }
}

/** A text is echoed so far: who sends a megabyte knows what it was. */
const TEXT_LENGTH_MAX = 2000;

/** Makes a catalogue error: `throw failure("too-large", { field: "exec", is, allowed })`. */
export function failure<Code extends ErrorCode>(
  code: Code,
  ...[details, cause]: DetailsOf<Code> extends void
    ? [details?: undefined, cause?: unknown]
    : [details: DetailsOf<Code>, cause?: unknown]
): BriskError {
  const toText = CATALOGUE[code].text as Text<unknown>;
  const text = toText(details);
  const isLong = text.length > TEXT_LENGTH_MAX;
  return new BriskError(code, isLong ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text, cause);
}
