// The first subject: so that a new platform can be used at once, by whoever can read its directory.

import { randomUUID } from "node:crypto";
import type { EntityName } from "../entities/names.ts";
import { KEY_LENGTH } from "../entities/subject.ts";
import { createSecret } from "../kernel/ids.ts";
import type { SubjectStore } from "../stores/port.ts";

const GUEST = "guest" as EntityName;

/** The guest's `uuid:key`; it is made where there is no subject at all. `undefined` where it was deleted. */
export async function findGuestKey(subjects: SubjectStore): Promise<string | undefined> {
  const guest = await subjects.get(GUEST);
  const [namespace] = guest?.namespaces ?? [];
  if (namespace !== undefined) return `${namespace.uuid}:${namespace.key}`;
  if ((await subjects.list()).length > 0) return undefined;
  const own = { name: GUEST, uuid: randomUUID(), key: createSecret(KEY_LENGTH) };
  await subjects.put({ subject: GUEST, namespaces: [own] });
  return `${own.uuid}:${own.key}`;
}
