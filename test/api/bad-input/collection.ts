// What is wrong with a request in the same way in every collection of stored things: names, pages,
// verbs, keys (rest-api specification, 1.4, 1.5, 2, 3.0).

import { OWN, type Row } from "../fixture.ts";

const NO_ROUTE = "The requested resource could not be found.";
const NO_KEY = "The resource requires authentication, which was not supplied with the request";
const ILLEGAL = /contains illegal characters: use letters, digits/;
const NAME_LENGTH_MAX = 256;
const ILLEGAL_NAMES = ["-a", " a", "a ", "a$b", "ü", "a/b", ".a", "a\nb", "%"];

export interface Collection {
  /** `packages`. */
  readonly name: string;
  /** Of one thing: those that take a body, with one that is no fault of its own. */
  readonly verbs: Readonly<Record<string, object | undefined>>;
}

export function collectionRows(collection: Collection): readonly Row[] {
  return [
    ...nameRows(collection),
    ...pageRows(collection),
    ...verbRows(collection),
    ...keylessRows(collection),
  ];
}

function nameRows({ name: collection, verbs }: Collection): readonly Row[] {
  const long = "x".repeat(NAME_LENGTH_MAX + 1);
  return Object.entries(verbs).flatMap(([method, body]) => [
    ...ILLEGAL_NAMES.map((name) => ({
      name: `${method} in ${collection} refuses the name ${JSON.stringify(name)}`,
      method,
      path: `${OWN}/${collection}/${encodeURIComponent(name)}`,
      body,
      status: 400,
      error: ILLEGAL,
    })),
    {
      name: `${method} in ${collection} refuses a name of 257 characters with both numbers`,
      method,
      path: `${OWN}/${collection}/${long}`,
      body,
      status: 400,
      error: `Name segement longer than allowed: ${long.length} > ${NAME_LENGTH_MAX}.`,
    },
    ...[
      { namespace: long, error: `Namespace longer than allowed: ${long.length} > 256.` },
      { namespace: "a$b", error: "The namespace contains illegal characters." },
    ].map(({ namespace, error }) => ({
      name: `${method} in ${collection} refuses the namespace ${namespace.slice(0, 20)} before the name`,
      method,
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/${collection}/${long}`,
      body,
      status: 400,
      error,
    })),
  ]);
}

function pageRows({ name: collection }: Collection): readonly Row[] {
  const malformed = (query: string, error: string): Row => ({
    name: `a list of ${collection} refuses ${query}`,
    method: "GET",
    path: `${OWN}/${collection}?${query}`,
    status: 400,
    error: `The query parameter '${query.split("=")[0]}' was malformed:\n${error}`,
  });
  return [
    ...["-1", "201"].map((limit) =>
      malformed(
        `limit=${limit}`,
        `The value '${limit}' is not in the range of 0 to 200 for ${collection}.`,
      ),
    ),
    malformed("skip=-1", `The value '-1' is not greater than or equal to 0 for ${collection}.`),
    ...["", "ten", "1.5", "1e1"].flatMap((value) =>
      ["limit", "skip"].map((name) =>
        malformed(`${name}=${value}`, `The value '${value}' is not an integer for ${collection}.`),
      ),
    ),
    ...["maybe", "2"].map((value) =>
      malformed(`count=${value}`, `'${value}' is not a valid Boolean value`),
    ),
  ];
}

function verbRows({ name: collection, verbs }: Collection): readonly Row[] {
  const wrong = ["POST", "PATCH", "TRACE"].filter((method) => !(method in verbs));
  const ofOne = wrong.map((method) => [method, "/any"] as const);
  const ofAll = ["PUT", "POST", "DELETE", "PATCH"].flatMap((method) =>
    ["", "/"].map((suffix) => [method, suffix] as const),
  );
  return [...ofOne, ...ofAll].map(([method, suffix]) => ({
    name: `${method} ${collection}${suffix} is no verb of that path`,
    method,
    path: `${OWN}/${collection}${suffix}`,
    status: 404,
    error: NO_ROUTE,
  }));
}

function keylessRows({ name: collection, verbs }: Collection): readonly Row[] {
  return Object.entries(verbs).map(([method, body]) => ({
    name: `${method} in ${collection} without a key hears so before anything is said of its name`,
    method,
    path: `${OWN}/${collection}/a$`,
    body,
    headers: { authorization: undefined },
    status: 401,
    error: NO_KEY,
  }));
}

const MB = 1024 * 1024;

/** Of a PUT of anything: what would be stored has its bounds. */
export function sizeRows(path: string): readonly Row[] {
  return ["parameters", "annotations"].map((field) => ({
    name: `PUT ${path}: more than 1 MB of ${field} is refused`,
    method: "PUT",
    path,
    body: { [field]: [{ key: "k", value: "x".repeat(MB) }] },
    status: 413,
    error: `${field} larger than allowed: ${MB + 3} > ${MB} bytes.`,
  }));
}

/** Where the name is another kind of thing's. */
export function otherTypeRows(path: string, { verbs }: Collection): readonly Row[] {
  return Object.entries(verbs).map(([method, body]) => ({
    name: `${method} ${path}: the name is another kind of thing's`,
    method,
    path,
    body,
    status: 409,
    error: "Resource by this name exists but is not in this collection.",
  }));
}
