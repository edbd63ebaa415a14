// Who is it: the identity behind a Basic authorization header, and the one that a namespace's own work
// runs as. What was looked up is remembered until somebody changes a subject or a limit, also from
// another process.

import { type Identity, KEY_LENGTH, type SubjectNamespace } from "../entities/subject.ts";
import { failure } from "../kernel/errors.ts";
import { isSameSecret } from "../kernel/secrets.ts";
import type { SubjectStore } from "../stores/port.ts";

export interface Authenticator {
  /**
   * The identity, or a promise of it where the key is not remembered. Throws or rejects with
   * `authentication-missing` and `authentication-invalid`.
   */
  authenticate(header: string | undefined): Identity | Promise<Identity>;
  /**
   * The identity that owns the namespace, for what runs there on nobody's behalf; `undefined` where
   * nobody does, or all who do are blocked. Of several subjects it is the first by name.
   */
  findOwner(namespace: string): Promise<Identity | undefined>;
}

const KNOWN_MAX = 10_000;
/** Base64 may have anything between its digits: a key has any number of spellings, up to 32 KB each. */
const KNOWN_LENGTH_MAX = 256;
const SCHEME = /^basic /i;

export function createAuthenticator(subjects: SubjectStore): Authenticator {
  // By the whole header. It is found by its hash, which takes the same time for every text of its
  // length: characters are compared only where the hash is right, so nothing is learnt of a key.
  const known = new Map<string, Identity>();
  const owners = new Map<string, Identity>();
  let generation = 0;
  subjects.onChange(() => {
    generation++;
    known.clear();
    owners.clear();
  });

  async function lookUp(header: string): Promise<Identity> {
    const before = generation;
    const identity = await findIdentity(subjects, parseHeader(header));
    const isPlain = header.length <= KNOWN_LENGTH_MAX;
    if (isPlain && before === generation) remember(known, header, identity);
    return identity;
  }

  // Names that nobody has are not remembered: anybody may ask for any number of them.
  async function findOwner(namespace: string): Promise<Identity | undefined> {
    const remembered = owners.get(namespace);
    if (remembered !== undefined) return remembered;
    const before = generation;
    const owner = await lookUpOwner(subjects, namespace);
    if (owner !== undefined && before === generation) remember(owners, namespace, owner);
    return owner;
  }

  return {
    findOwner,
    authenticate: (header) => {
      if (header === undefined) throw failure("authentication-missing");
      return known.get(header) ?? lookUp(header);
    },
  };
}

function remember(known: Map<string, Identity>, by: string, identity: Identity): void {
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(by, identity);
}

function parseHeader(header: string): { uuid: string; key: string } {
  if (!SCHEME.test(header)) throw failure("authentication-missing");
  const text = Buffer.from(header.slice("basic ".length), "base64").toString();
  const colon = text.indexOf(":");
  const key = text.slice(colon + 1);
  if (colon === -1 || key.length !== KEY_LENGTH) throw failure("authentication-invalid");
  return { uuid: text.slice(0, colon), key };
}

async function findIdentity(
  subjects: SubjectStore,
  { uuid, key }: { uuid: string; key: string },
): Promise<Identity> {
  const found = await subjects.findByUuid(uuid);
  const matches = found.flatMap((subject) =>
    subject.namespaces
      .filter((own) => own.uuid === uuid && isSameSecret(own.key, key))
      .map((namespace) => ({ subject, namespace })),
  );
  const [match, ...others] = matches;
  if (match === undefined || match.subject.blocked === true) {
    throw failure("authentication-invalid");
  }
  if (others.length > 0) throw failure("server-fault", undefined, "one key in several subjects");
  return toIdentity(subjects, { subject: match.subject.subject, namespace: match.namespace });
}

async function lookUpOwner(
  subjects: SubjectStore,
  namespace: string,
): Promise<Identity | undefined> {
  const [owner] = (await subjects.findByNamespace(namespace)).filter(
    ({ blocked }) => blocked !== true,
  );
  const own = owner?.namespaces.find(({ name }) => name === namespace);
  if (owner === undefined || own === undefined) return undefined;
  return toIdentity(subjects, { subject: owner.subject, namespace: own });
}

async function toIdentity(
  subjects: SubjectStore,
  { subject, namespace }: { subject: string; namespace: SubjectNamespace },
): Promise<Identity> {
  const { name, uuid, key } = namespace;
  const limits = (await subjects.getLimits(name)) ?? {};
  return { subject, namespace: { name, uuid }, apiKey: `${uuid}:${key}`, limits };
}
