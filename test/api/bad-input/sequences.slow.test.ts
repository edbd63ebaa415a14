// Bad requests for sequences, one row each (rest-api specification, 2, 3.1, 4.1, 4.4, 9.1).

import { ACTIONS, type Json, type Row, testRows, useBrisk } from "../fixture.ts";
import { createTenant, EXEC } from "../tenants.ts";

const LENGTH_MAX = 50;
const MISSING = "The requested resource does not exist.";
const MALFORMED = "The request content was malformed:\n";
const UNQUALIFIED = `${MALFORMED}requirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.`;
const TOO_LONG = "Too many actions in the sequence.";
const NO_COMPONENT = "Sequence component does not exist.";
const CYCLIC = "Sequence may not refer to itself.";

const brisk = useBrisk({
  setUp: async (up) => {
    await createTenant(up, "neighbour");
    const put = (name: string, body: Json) => up.request("PUT", `${ACTIONS}/${name}`, { body });
    await put("a", { exec: EXEC });
    const components = Array(LENGTH_MAX).fill("/_/a");
    await put("longest", { exec: { kind: "sequence", components } });
    await put("inner", { exec: { kind: "sequence", components: ["/_/a"] } });
    await put("outer", { exec: { kind: "sequence", components: ["/_/inner"] } });
  },
});

function put(name: string, components: unknown, row: Pick<Row, "status" | "error">): Row {
  return {
    name: `${name} is no sequence of ${JSON.stringify(components)?.slice(0, 80)}`,
    method: "PUT",
    path: `${ACTIONS}/${name}`,
    body: { exec: { kind: "sequence", components } },
    ...row,
  };
}

testRows(brisk, [
  ...[undefined, null].map((components) => {
    const error = `${MALFORMED}'components' must be defined for sequence kind`;
    return put("new", components, { status: 400, error });
  }),
  ...["/_/a", 1, true, {}].map((components) => {
    const error = `${MALFORMED}'components' must be an array defined in 'exec'`;
    return put("new", components, { status: 400, error });
  }),
  ...[1, true, null, {}, [], { path: "_" }, { name: "a" }, { path: 1, name: "a" }].map((one) =>
    put("new", [one], {
      status: 400,
      error: /^The request content was malformed:\n'\w+' must be /,
    }),
  ),
  ...["a", "", "/", "/_/", "//"].map((one) =>
    put("new", [one], { status: 400, error: UNQUALIFIED }),
  ),
  ...["/_/a$", "/a/b/c/d"].map((one) =>
    put("new", [one], {
      status: 400,
      error: /^The request content was malformed:\nThe component '/,
    }),
  ),
  put("new", [], { status: 400, error: "No component specified for the sequence." }),
  put("new", Array(LENGTH_MAX + 1).fill("/_/a"), { status: 400, error: TOO_LONG }),
  put("new", ["/_/longest", "/_/a"], { status: 400, error: TOO_LONG }),
  put("new", ["/_/missing"], { status: 400, error: NO_COMPONENT }),
  put("new", ["/_/a", "/guest/missing"], { status: 400, error: NO_COMPONENT }),
  put("new", ["/_/new"], { status: 400, error: CYCLIC }),
  put("new", ["/_/missing/a"], { status: 404, error: MISSING }),
  ...["quick", "missing", "p/a"].map((name) =>
    put("new", [`/neighbour/${name}`], { status: 403, error: /not authorized/ }),
  ),
  put("inner?overwrite=true", ["/_/inner"], { status: 400, error: CYCLIC }),
  put("inner?overwrite=true", ["/_/outer"], { status: 400, error: CYCLIC }),
  {
    name: "nothing of that has made an action",
    method: "GET",
    path: `${ACTIONS}/new`,
    status: 404,
    error: MISSING,
  },
  {
    name: "after all that the inner sequence is as it was",
    method: "GET",
    path: `${ACTIONS}/inner`,
    status: 200,
    has: { version: "0.0.1", exec: { kind: "sequence", components: ["/guest/a"] } },
  },
]);
