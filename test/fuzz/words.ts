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
    fc.constantFrom(`/_`, `/${OWN_NAMESPACE}`, `/${OTHER_NAMESPACE}`, "", "_"),
    fc.constantFrom("", "/packages 1", "/packages 2"),
    fc.constantFrom("actions", "triggers", "actions", "packages"),
    fc.integer({ min: 1, max: NAMES_OF_A_COLLECTION }),
  )
  .map(
    ([namespace, inside, collection, number]) => `${namespace}${inside}/${collection} ${number}`,
  );

/** By the name of the field; what is not here is any text. */
export const WORDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("nodejs:24", "nodejs:default") },
    { weight: 2, arbitrary: fc.constant("sequence") },
    { weight: 1, arbitrary: fc.constantFrom("nodejs:20", "python:3", "blackbox", "NODEJS:24 ") },
  ),
  code: fc.constantFrom(...QUICK_CODE),
  main: fc.constantFrom("main", "other", ""),
  image: fc.constantFrom("library/none:latest", "A B"),
  key: fc.constantFrom(...KEYS, ...KEYS, ...MORE_KEYS),
  version: fc.constantFrom("1.2.3", "2", "0.0.0", "-1", "999999999.999999999.999999999", "1.2.3.4"),
  components: fc.array(reference, { maxLength: 3 }),
  action: reference,
  trigger: fc
    .integer({ min: 1, max: NAMES_OF_A_COLLECTION })
    .map((number) => `/_/triggers ${number}`),
  status: fc.constantFrom("active", "inactive", "", "activating"),
  namespace: fc.constantFrom("_", OWN_NAMESPACE, OTHER_NAMESPACE),
  path: fc.constantFrom("_", OWN_NAMESPACE, OTHER_NAMESPACE, `${OWN_NAMESPACE}/packages 1`),
  name: fc.oneof(nameIn("packages"), nameIn("actions")),
  timeout: fc.constantFrom(100, 1000, 60_000, 99, 300_001),
  memory: fc.constantFrom(128, 256, 127, 513),
  logs: fc.constantFrom(0, 10, 11, -1),
  concurrency: fc.constantFrom(1, 2, 500, 0, 501),
  instances: fc.constantFrom(0, 1, -1),
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
