// `brisk admin user create`: a user, a further namespace of one, or a key in place of another.

import type { Command } from "commander";
import { type EntityName, isEntityName } from "../entities/names.ts";
import type { SubjectNamespace } from "../entities/subject.ts";
import type { SubjectStore } from "../stores/port.ts";
import { createKey, toKey } from "./admin-key.ts";
import { AdminFailure, changing, reporting, usageFailure, withSubjects } from "./admin-store.ts";
import type { CliContext } from "./context.ts";
import { addDataOption } from "./data-option.ts";

const SUBJECT_LENGTH_MIN = 5;

interface CreateFlags {
  readonly auth?: string;
  readonly namespace?: string;
  readonly revoke?: boolean;
  readonly force?: boolean;
  readonly genonly?: boolean;
  readonly silent?: boolean;
}

export function addCreate(noun: Command, context: CliContext): void {
  const create = addDataOption(noun.command("create"))
    .description("create a user, or a further namespace of one, and print its key")
    .argument("<SUBJECT>", "the user, at least 5 characters")
    .option("-u, --auth <UUID:KEY>", "this key instead of a random one")
    .option("--namespace <NS>", "namespace, if it is not called as the user; also -ns")
    .option("-r, --revoke", "replace the key of a namespace that exists")
    .option("-f, --force", "create it, or replace its key")
    .option("-g, --genonly", "print a key and store nothing")
    .option("-s, --silent", "do not print the key")
    .addHelpText(
      "after",
      `
Examples:
  brisk admin user create alice
  brisk admin user create alice -ns project --data /var/lib/brisk
  brisk admin user create alice --revoke`,
    );
  create.action(async (subject: string) => {
    const flags = create.opts<CreateFlags>();
    await reporting(context, async () => {
      const name = parseNamespace(flags.namespace ?? subject);
      if (subject.trim().length < SUBJECT_LENGTH_MIN) {
        throw usageFailure(`Subject name must be at least ${SUBJECT_LENGTH_MIN} characters`);
      }
      const fresh = { name, ...createKey(flags.auth) };
      const show = (key: SubjectNamespace) => {
        if (flags.silent !== true) context.terminal.print(toKey(key));
      };
      if (flags.genonly === true) return show(fresh);
      await withSubjects({ context, command: create }, async (subjects) => {
        const store = () => storeKey(subjects, { subject, fresh, flags });
        show(await changing(subjects, "create subject", store));
      });
    });
  });
}

/** The key as it is stored. */
async function storeKey(
  subjects: SubjectStore,
  { subject, fresh, flags }: { subject: string; fresh: SubjectNamespace; flags: CreateFlags },
): Promise<SubjectNamespace> {
  const stored = await subjects.get(subject);
  if (stored?.blocked === true) throw new AdminFailure("The subject you want to edit is blocked");
  const existing = stored?.namespaces ?? [];
  const same = existing.filter(({ name }) => name === fresh.name);
  const mayReplace = flags.revoke === true || flags.force === true;
  if (same.length > 0 && !mayReplace) throw new AdminFailure("Namespace already exists");
  if (same.length > 1) throw new AdminFailure("Namespace is not unique");
  const [before] = same;
  const stays = before !== undefined && flags.auth === undefined && flags.force !== true;
  // A revoked key keeps its id, by which work in flight and throttles are counted.
  const own = stays ? { ...fresh, uuid: before.uuid } : fresh;
  await refuseTakenUuid(subjects, own);
  const namespaces =
    before === undefined
      ? [...existing, own]
      : existing.map((each) => (each === before ? own : each));
  await subjects.put({ ...stored, subject, namespaces });
  return own;
}

/** Two keys with one uuid would make each other's logins fail. */
async function refuseTakenUuid(
  subjects: SubjectStore,
  { uuid, name }: SubjectNamespace,
): Promise<void> {
  const holders = (await subjects.findByUuid(uuid)).flatMap(({ namespaces }) => namespaces);
  if (holders.some((each) => each.uuid === uuid && each.name !== name)) {
    throw new AdminFailure("authorization id is in use for another namespace");
  }
}

function parseNamespace(text: string): EntityName {
  if (text.trim() === "") throw usageFailure("Namespace must not be empty");
  if (isEntityName(text)) return text;
  throw usageFailure(
    `Namespace must be made of letters, digits, '_', '-', '.', '@', '&', blanks: "${text}"`,
  );
}
