// What the fuzz test says where the document only says "a string": names that other requests use too,
// so that requests meet, and values that mean something to the platform. By the name of the field.

import fc from "fast-check";

/** Stand for what is known only when a request is sent: the sender's namespace, another one, an id. */
export const OWN_NAMESPACE = "FUZZ-OWN";
export const OTHER_NAMESPACE = "FUZZ-OTHER";
export const ACTIVATION_ID: string = "f".repeat(32);

/** So few that most requests meet something that is there. */
const NAMES_OF_A_COLLECTION = 3;

export function nameIn(collection: string): fc.Arbitrary<string> {
  return fc
    .integer({ min: 1, max: NAMES_OF_A_COLLECTION })
    .map((number) => `${collection || "thing"} ${number}`);
}

const QUICK_CODE = [
  "exports.main = (given) => given",
  "exports.main = () => ({ error: 'refused' })",
  "exports.main = () => [1, 2]",
  "exports.main = () => { throw new Error('thrown') }",
  "exports.main = () => 'no object'",
  "exports.main = () => ({ statusCode: 404, headers: { 'x-a': 'b' }, body: 'not here' })",
  "exports.main = ({ a }) => ({ action: '/_/actions 1', params: { a }, state: { a } })",
  "process.exit(3)",
  "no code at all",
  "UEsDBA==",
];

const KEYS = ["a", "final", "web-export", "raw-http", "require-whisk-auth", "feed", "conductor"];
const MORE_KEYS = [
  "provide-api-key",
  "exec",
  "binding",
  "__proto__",
  "constructor",
  "__ow_headers",
];

const reference = fc
  .tuple(
    mostly(["/_", `/${OWN_NAMESPACE}`, "_"], [`/${OTHER_NAMESPACE}`, ""]),
    fc.constantFrom("", "", "", "/packages 1"),
    mostly(["actions"], ["triggers", "packages"]),
    fc.integer({ min: 1, max: NAMES_OF_A_COLLECTION }),
  )
  .map(
    ([namespace, inside, collection, number]) => `${namespace}${inside}/${collection} ${number}`,
  );

/** What is right, and now and then what is just beyond it. */
function mostly<T>(right: readonly T[], wrong: readonly T[]): fc.Arbitrary<T> {
  const weight = 10;
  return fc.oneof(
    { weight, arbitrary: fc.constantFrom(...right) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
  );
}

/** By the name of the field; what is not here is any text. */
export const WORDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  kind: mostly(
    ["nodejs:24", "nodejs:default", "nodejs:24", "sequence"],
    ["nodejs:20", "python:3", "blackbox", "NODEJS:24 ", "java:8"],
  ),
  code: fc.constantFrom(...QUICK_CODE),
  main: mostly(["main"], ["other", ""]),
  image: fc.constantFrom("library/none:latest", "A B"),
  key: fc.constantFrom("web-export", "web-export", "web-export", ...KEYS, ...KEYS, ...MORE_KEYS),
  /** Of an annotation, which is mostly switched on. */
  value: fc.constant(true),
  version: mostly(["1.2.3", "2", "1.2.3.4", "999999999.999999999.999999999"], ["0.0.0", "-1", ""]),
  components: fc.array(reference, { maxLength: 3 }),
  action: reference,
  trigger: fc
    .integer({ min: 1, max: NAMES_OF_A_COLLECTION })
    .map((number) => `/_/triggers ${number}`),
  status: mostly(["active", "inactive"], ["", "activating"]),
  namespace: mostly(["_", OWN_NAMESPACE], [OTHER_NAMESPACE]),
  path: mostly(["_", OWN_NAMESPACE], [OTHER_NAMESPACE, `${OWN_NAMESPACE}/packages 1`]),
  name: fc.oneof(nameIn("packages"), nameIn("actions")),
  timeout: mostly([100, 1000, 60_000], [99, 300_001]),
  memory: mostly([128, 256], [127, 513]),
  logs: mostly([0, 10], [11, -1]),
  concurrency: mostly([1, 2, 500], [0, 501]),
  instances: mostly([0, 1], [-1]),
};

/** By the name of the query parameter. */
export const QUERY_WORDS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  overwrite: fc.constantFrom("true", "true", "false"),
  blocking: fc.constantFrom("true", "false"),
  timeout: fc.constantFrom("1", "1000", "60000", "0", "60001"),
  limit: fc.constantFrom("0", "1", "30", "200", "201", "-1"),
  skip: fc.constantFrom("0", "1", "1000000", "9007199254740991", "9007199254740992", "-1"),
  name: fc.constantFrom("actions 1", "packages 1/actions 1", "triggers 1", "a/b/c", "$"),
  since: fc.constantFrom("0", "-5", "1700000000000", "9007199254740991"),
  upto: fc.constantFrom("0", "-5", "9007199254740991", "-9007199254740991"),
};
