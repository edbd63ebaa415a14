// `brisk admin user`.

import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { type EntityName, isEntityName } from "../entities/names.ts";
import type { Subject, SubjectNamespace } from "../entities/subject.ts";
import { createSecret } from "../kernel/ids.ts";
import type { SubjectStore } from "../stores/port.ts";
import {
  AdminFailure,
  changing,
  MISSING,
  reporting,
  storing,
  withSubjects,
} from "./admin-store.ts";
import { EXIT } from "./cli-error.ts";
import type { CliContext } from "./context.ts";
import { addDataOption } from "./data-option.ts";
import { parseCount } from "./list-options.ts";

const SUBJECT_LENGTH_MIN = 5;
const KEY_LENGTH = 64;

export function addUserCommands(noun: Command, context: CliContext): void {
  addCreate(noun, context);
  addGet(noun, context);
  addDelete(noun, context);
  addList(noun, context);
  addWhois(noun, context);
  addBlock(noun, context, true);
  addBlock(noun, context, false);
}

interface CreateFlags {
  readonly auth?: string;
  readonly namespace?: string;
  readonly revoke?: boolean;
  readonly force?: boolean;
  readonly genonly?: boolean;
  readonly silent?: boolean;
}

function addCreate(noun: Command, context: CliContext): void {
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
        throw usage(`Subject name must be at least ${SUBJECT_LENGTH_MIN} characters`);
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
  if (text.trim() === "") throw usage("Namespace must not be empty");
  if (isEntityName(text)) return text;
  throw usage(
    `Namespace must be made of letters, digits, '_', '-', '.', '@', '&', blanks: "${text}"`,
  );
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

function createKey(auth: string | undefined): { uuid: string; key: string } {
  if (auth === undefined) return { uuid: randomUUID(), key: createSecret(KEY_LENGTH) };
  const at = auth.indexOf(":");
  if (at === -1) {
    throw usage("failed to determine authorization id and key: it must be UUID:KEY");
  }
  const [uuid, key] = [auth.slice(0, at).trim(), auth.slice(at + 1).trim()];
  if (!UUID.test(uuid)) throw usage("authorization id is not a valid UUID");
  if (key.length < KEY_LENGTH) {
    throw usage(`authorization key must be at least ${KEY_LENGTH} characters long`);
  }
  // Requests with a longer one are refused by every OpenWhisk.
  if (key.length > KEY_LENGTH)
    throw usage(`authorization key must be ${KEY_LENGTH} characters long`);
  return { uuid: toVersion4(uuid), key };
}

/** `wskadmin` forces the bits of version and variant, so that an id may come back changed. */
function toVersion4(uuid: string): string {
  const digits = uuid.replaceAll("-", "").toLowerCase();
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const forced = `${digits.slice(0, 12)}4${digits.slice(13, 16)}${variant}${digits.slice(17)}`;
  return forced.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function addGet(noun: Command, context: CliContext): void {
  const get = addDataOption(noun.command("get"))
    .description("print a user's key")
    .argument("<SUBJECT>", "the user")
    .option("--namespace <NS>", "of this namespace, if it is not called as the user; also -ns")
    .option("-a, --all", "all namespaces with their keys")
    .addHelpText("after", "\nExample:\n  brisk admin user get alice --all");
  get.action(async (subject: string) => {
    const { namespace = subject, all } = get.opts<{ namespace?: string; all?: boolean }>();
    await withSubjects({ context, command: get }, async (subjects) => {
      const stored = await subjects.get(subject);
      if (stored === undefined) throw new AdminFailure(`Failed to get subject (${MISSING})`);
      if (all) {
        const lines = stored.namespaces.map((each) => `${each.name}\t${toKey(each)}`);
        return context.terminal.print(lines.join("\n"));
      }
      const found = stored.namespaces.find(({ name }) => name === namespace);
      if (found === undefined) {
        throw new AdminFailure(`namespace "${namespace}" not found for "${subject}"`);
      }
      return context.terminal.print(toKey(found));
    });
  });
}

function addDelete(noun: Command, context: CliContext): void {
  const remove = addDataOption(noun.command("delete"))
    .description("delete a user, or one of its namespaces; entities and limits stay")
    .argument("<SUBJECT>", "the user")
    .option("--namespace <NS>", "only this namespace's key; also -ns")
    .addHelpText("after", "\nExample:\n  brisk admin user delete alice -ns project");
  remove.action(async (subject: string) => {
    const { namespace } = remove.opts<{ namespace?: string }>();
    await reporting(context, async () => {
      if (subject.trim() === "") throw usage("Subject must not be empty");
      if (namespace?.trim() === "") throw usage("Namespace must not be empty");
      await withSubjects({ context, command: remove }, async (subjects) => {
        if (namespace !== undefined) {
          const removing = () => removeNamespace(subjects, subject, namespace);
          await changing(subjects, "remove namespace", removing);
          return context.terminal.print("Namespace deleted");
        }
        const isDeleted = await storing("delete subject", () => subjects.delete(subject));
        if (!isDeleted) throw new AdminFailure(`Failed to delete subject (${MISSING})`);
        return context.terminal.print("Subject deleted");
      });
    });
  });
}

async function removeNamespace(
  subjects: SubjectStore,
  subject: string,
  namespace: string,
): Promise<void> {
  const stored = await subjects.get(subject);
  if (stored === undefined) throw new AdminFailure(`Failed to remove namespace (${MISSING})`);
  const namespaces = stored.namespaces.filter(({ name }) => name !== namespace);
  if (namespaces.length === stored.namespaces.length) {
    throw new AdminFailure(`Namespace "${namespace}" does not exist for "${subject}"`);
  }
  await subjects.put({ ...stored, namespaces });
}

function addList(noun: Command, context: CliContext): void {
  const list = addDataOption(noun.command("list"))
    .description("list who holds a namespace, and with which key")
    .argument("<NAMESPACE>", "the namespace")
    .option("-p, --pick <N>", "at most so many", parseCount, 1)
    .option("-a, --all", "all of them")
    .option("-k, --key", "keys only")
    .addHelpText("after", "\nExample:\n  brisk admin user list project --all");
  list.action(async (namespace: string) => {
    const flags = list.opts<{ pick: number; all?: boolean; key?: boolean }>();
    await withSubjects({ context, command: list }, async (subjects) => {
      if (flags.pick < 1) throw usage("pick at least 1 identity to show");
      const found = (await listHolders(subjects, namespace)).slice(
        0,
        flags.all ? undefined : flags.pick,
      );
      if (found.length === 0) {
        return context.terminal.print(`no identities found for namespace "${namespace}"`);
      }
      const lines = found.map(({ key, subject }) => (flags.key ? key : `${key}\t${subject}`));
      return context.terminal.print(lines.join("\n"));
    });
  });
}

/** Blocked ones do not appear. */
async function listHolders(
  subjects: SubjectStore,
  namespace: string,
): Promise<readonly { key: string; subject: string }[]> {
  const holders = (await subjects.findByNamespace(namespace)).filter(
    ({ blocked }) => blocked !== true,
  );
  return holders.flatMap(({ subject, namespaces }) =>
    namespaces
      .filter(({ name }) => name === namespace)
      .map((each) => ({ key: toKey(each), subject })),
  );
}

function addWhois(noun: Command, context: CliContext): void {
  const whois = addDataOption(noun.command("whois"))
    .description("find whose key it is")
    .argument("<UUID:KEY>", "the key")
    .addHelpText("after", "\nExample:\n  brisk admin user whois UUID:KEY");
  whois.action(async (auth: string) => {
    await withSubjects({ context, command: whois }, async (subjects) => {
      const found = (await subjects.findByUuid(auth.split(":", 1)[0] ?? ""))
        .filter(({ blocked }) => blocked !== true)
        .flatMap(({ subject, namespaces }) => namespaces.map((each) => ({ subject, ...each })))
        .find((each) => toKey(each) === auth);
      context.terminal.print(
        found === undefined
          ? "Subject id is not recognized"
          : `subject: ${found.subject}\nnamespace: ${found.name}`,
      );
    });
  });
}

function addBlock(noun: Command, context: CliContext, blocked: boolean): void {
  const verb = blocked ? "block" : "unblock";
  const command = addDataOption(noun.command(verb))
    .description(blocked ? "refuse all requests of users" : "let users in again")
    .argument("<SUBJECT...>", "the users")
    .addHelpText("after", `\nExample:\n  brisk admin user ${verb} alice bob`);
  command.action(async (names: readonly string[]) => {
    await withSubjects({ context, command }, async (subjects) => {
      let failures = 0;
      for (const subject of names.filter((name) => name.trim() !== "")) {
        const failure = await changing(subjects, `${verb} "${subject}"`, async () =>
          setBlocked(subjects, await subjects.get(subject), blocked),
        );
        if (failure !== undefined) failures++;
        context.terminal.print(
          failure === undefined
            ? `"${subject}" ${verb}ed successfully`
            : `Failed to ${verb} "${subject}" (${failure})`,
        );
      }
      context.setExitCode(failures);
    });
  });
}

/** @returns why it failed */
async function setBlocked(
  subjects: SubjectStore,
  stored: Subject | undefined,
  blocked: boolean,
): Promise<string | undefined> {
  if (stored === undefined) return MISSING;
  await subjects.put({ ...stored, blocked });
  return undefined;
}

function toKey({ uuid, key }: { uuid: string; key: string }): string {
  return `${uuid}:${key}`;
}

function usage(message: string): AdminFailure {
  return new AdminFailure(message, { exitCode: EXIT.usage });
}
