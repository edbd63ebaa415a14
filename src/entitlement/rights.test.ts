import assert from "node:assert/strict";
import { test } from "node:test";
import type { EntityName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import { checkOwn, mayUsePackage } from "./rights.ts";

const own = "guest" as EntityName;
const other = "other" as EntityName;
const identity: Identity = {
  subject: "guest",
  namespace: { name: own, uuid: "" },
  apiKey: "",
  limits: {},
};
const provider = { namespace: other, name: "p" as EntityName };

test("one's own packages may be used, of another's those that are published and no bindings", () => {
  for (const publish of [true, false]) {
    for (const binding of [{}, provider]) {
      assert.equal(mayUsePackage(identity, own, { publish, binding }), true);
      const isOpen = publish && !("name" in binding);
      assert.equal(mayUsePackage(identity, other, { publish, binding }), isOpen);
    }
  }
});

test("one's own namespace is meant by its name and by `_`, another's is refused as it was named", () => {
  for (const namespace of ["_", "guest"]) assert.equal(checkOwn(identity, { namespace }), own);
  const refused = { code: "not-authorized", message: /access 'other\/a'\.$/ };
  assert.throws(() => checkOwn(identity, { namespace: "other", resource: "a" }), refused);
});
