// Bad requests for packages and bindings, one row each (rest-api specification, 1.4, 1.5, 3.2, 8, 9.1,
// 11, 12, 13).

import { ACTIONS, type Json, OWN, type Row, testRows, useBrisk } from "../fixture.ts";
import { createTenant, EXEC } from "../tenants.ts";
import { type Collection, collectionRows, otherTypeRows, sizeRows } from "./collection.ts";
import { fieldRows, malformedRows, WRONG_COMMON, WRONG_KEY_VALUES } from "./malformed.ts";

const MISSING = "The requested resource does not exist.";
const NO_PACKAGE = "Binding references a package that does not exist.";
const NOT_ON_BINDING = "Operation not permitted on package binding.";
const PACKAGES = `${OWN}/packages`;
const FOREIGN = "/api/v1/namespaces/neighbour";
const COLLECTION: Collection = {
  name: "packages",
  verbs: { GET: undefined, PUT: {}, DELETE: undefined },
};

const brisk = useBrisk({
  setUp: async (up) => {
    const { request } = await createTenant(up, "neighbour");
    await request("PUT", `${FOREIGN}/packages/shared`, { publish: true });
    await request("PUT", `${FOREIGN}/packages/private`, {});
    await request("PUT", `${FOREIGN}/actions/shared/a`, { exec: EXEC });
    await request("PUT", `${FOREIGN}/packages/bound`, {
      binding: { namespace: "_", name: "shared" },
      publish: true,
    });
    const put = (path: string, body: Json) => up.request("PUT", `${OWN}/${path}`, { body });
    await put("actions/action", { exec: EXEC });
    await put("packages/full", {});
    await put("actions/full/a", { exec: EXEC });
    await put("packages/bound", { binding: { namespace: "_", name: "full" } });
    await put("packages/gone", {});
    await put("packages/dangling", { binding: { namespace: "_", name: "gone" } });
    await up.request("DELETE", `${PACKAGES}/gone`);
  },
});

testRows(brisk, collectionRows(COLLECTION));
testRows(brisk, otherTypeRows(`${PACKAGES}/action`, COLLECTION));
testRows(brisk, sizeRows(`${PACKAGES}/large`));
testRows(brisk, malformedRows({ method: "PUT", path: `${PACKAGES}/malformed` }));
const FIELDS = { path: `${PACKAGES}/fields`, whole: {} };
testRows(brisk, fieldRows(FIELDS, WRONG_COMMON));
testRows(brisk, fieldRows(FIELDS, WRONG_KEY_VALUES));

function bind(name: string, binding: unknown, row: Pick<Row, "status" | "error">): Row {
  return {
    name: `the package '${name}' is not bound to ${JSON.stringify(binding)}`,
    method: "PUT",
    path: `${PACKAGES}/${name}`,
    body: { binding },
    ...row,
  };
}

testRows(brisk, [
  ...[
    null,
    "/_/full",
    1,
    true,
    [],
    { namespace: 1, name: "full" },
    { namespace: "_", name: 1 },
  ].map((binding) =>
    bind("new", binding, { status: 400, error: /^The request content was malformed:\n./ }),
  ),
  ...[{ namespace: "_" }, { name: "full" }, { namespace: "_", name: null }].map((binding) =>
    bind("new", binding, { status: 400, error: /^The request content was malformed:\n./ }),
  ),
  ...["a$", "", "a/b"].map((name) =>
    bind(
      "new",
      { namespace: "_", name },
      { status: 400, error: /^The name '.*' contains illegal/ },
    ),
  ),
  bind(
    "new",
    { namespace: "_", name: "x".repeat(257) },
    { status: 400, error: "Name segement longer than allowed: 257 > 256." },
  ),
  ...["_", "guest"].map((namespace) =>
    bind("new", { namespace, name: "missing" }, { status: 400, error: NO_PACKAGE }),
  ),
  bind("new", { namespace: "_", name: "new" }, { status: 400, error: NO_PACKAGE }),
  bind(
    "new",
    { namespace: "_", name: "bound" },
    { status: 400, error: "Cannot bind to another package binding." },
  ),
  bind(
    "new",
    { namespace: "_", name: "action" },
    { status: 409, error: "Cannot bind to a resource that is not a package." },
  ),
  ...["private", "missing"].map((name) =>
    bind("new", { namespace: "neighbour", name }, { status: 403, error: /not authorized/ }),
  ),
  bind("new", { namespace: "nobody", name: "any" }, { status: 403, error: /not authorized/ }),
  bind(
    "full?overwrite=true",
    { namespace: "neighbour", name: "shared" },
    {
      status: 409,
      error: /cannot be converted into a binding/,
    },
  ),
  bind(
    "bound?overwrite=true",
    { namespace: "_", name: "missing" },
    {
      status: 400,
      error: NO_PACKAGE,
    },
  ),
  {
    name: "nothing of that has made a package",
    method: "GET",
    path: `${PACKAGES}/new`,
    status: 404,
    error: "The requested resource 'guest/new' does not exist.",
  },
]);

testRows(brisk, [
  ...["", "?overwrite=true"].map((query) => ({
    name: `the name 'default' is reserved${query}`,
    method: "PUT",
    path: `${PACKAGES}/default${query}`,
    body: {},
    status: 400,
    error: "Package name 'default' is reserved.",
  })),
  {
    name: "an existing package is not overwritten unasked",
    method: "PUT",
    path: `${PACKAGES}/full`,
    body: {},
    status: 409,
    error: "resource already exists",
  },
  {
    name: "a package's name is no action's",
    method: "PUT",
    path: `${ACTIONS}/full`,
    body: { exec: EXEC },
    status: 409,
    error: "Resource by this name exists but is not in this collection.",
  },
  {
    name: "a missing package is named",
    method: "GET",
    path: `${PACKAGES}/missing`,
    status: 404,
    error: /^The requested resource 'guest\/missing' does not exist/,
  },
  {
    name: "a missing package is not deleted",
    method: "DELETE",
    path: `${PACKAGES}/missing`,
    status: 404,
    error: MISSING,
  },
  {
    name: "a package that holds something is not deleted unasked",
    method: "DELETE",
    path: `${PACKAGES}/full`,
    status: 409,
    error: /Package not empty \(contains 1 entity\)/,
  },
  ...["maybe", "2"].map((force) => ({
    name: `force=${force} is no truth value`,
    method: "DELETE",
    path: `${PACKAGES}/full?force=${force}`,
    status: 400,
    error: `The query parameter 'force' was malformed:\n'${force}' is not a valid Boolean value`,
  })),
  ...["maybe", "2"].map((overwrite) => ({
    name: `overwrite=${overwrite} is no truth value`,
    method: "PUT",
    path: `${PACKAGES}/full?overwrite=${overwrite}`,
    body: {},
    status: 400,
    error: `The query parameter 'overwrite' was malformed:\n'${overwrite}' is not a valid Boolean value`,
  })),
  {
    name: "nothing is put through a binding",
    method: "PUT",
    path: `${ACTIONS}/bound/new`,
    body: { exec: EXEC },
    status: 400,
    error: NOT_ON_BINDING,
  },
  {
    name: "nothing is deleted through a binding",
    method: "DELETE",
    path: `${ACTIONS}/bound/a`,
    status: 400,
    error: NOT_ON_BINDING,
  },
  ...["GET", "POST"].map((method) => ({
    name: `${method} of a missing action through a binding`,
    method,
    path: `${ACTIONS}/bound/missing`,
    status: 404,
    error: MISSING,
  })),
  ...[`${PACKAGES}/dangling`, `${ACTIONS}/dangling/`, `${ACTIONS}/dangling/a`].map((path) => ({
    name: `GET ${path}: the provider is gone`,
    method: "GET",
    path,
    status: 404,
    error: MISSING,
  })),
]);

testRows(brisk, [
  ...["private", "missing", "bound"].map((name) => ({
    name: `a neighbour's package '${name}' is not shown`,
    method: "GET",
    path: `${FOREIGN}/packages/${name}`,
    status: 403,
    error: `The supplied authentication is not authorized to access 'neighbour/${name}'.`,
  })),
  ...["shared", "private", "missing"].flatMap((name) =>
    ["PUT", "DELETE"].map((method) => ({
      name: `${method} of a neighbour's package '${name}' is refused`,
      method,
      path: `${FOREIGN}/packages/${name}?overwrite=true`,
      ...(method === "PUT" ? { body: {} } : {}),
      status: 403,
      error: `The supplied authentication is not authorized to access 'neighbour/${name}'.`,
    })),
  ),
  ...["PUT", "DELETE"].map((method) => ({
    name: `${method} of an action in a neighbour's shared package is refused`,
    method,
    path: `${FOREIGN}/actions/shared/a?overwrite=true`,
    ...(method === "PUT" ? { body: { exec: EXEC } } : {}),
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour/shared'.",
  })),
  ...["GET", "POST"].map((method) => ({
    name: `${method} of a missing action in a neighbour's shared package is not there`,
    method,
    path: `${FOREIGN}/actions/shared/missing`,
    status: 404,
    error: MISSING,
  })),
  ...["GET", "POST"].map((method) => ({
    name: `${method} of an action through a neighbour's binding is refused`,
    method,
    path: `${FOREIGN}/actions/bound/a`,
    status: 403,
    error: "The supplied authentication is not authorized to access 'neighbour/bound'.",
  })),
  {
    name: "the packages of nobody are none",
    method: "GET",
    path: "/api/v1/namespaces/nobody/packages",
    status: 200,
    json: [],
  },
]);
