// `brisk admin user`.

import type { Command } from "commander";
import type { Subject } from "../entities/subject.ts";
import type { SubjectStore } from "../stores/port.ts";
import { toKey } from "./admin-key.ts";
import {
  AdminFailure,
  changing,
  MISSING,
  reporting,
  storing,
  usageFailure,
  withSubjects,
} from "./admin-store.ts";
import { addCreate } from "./admin-user-create.ts";
import type { CliContext } from "./context.ts";
import { addDataOption } from "./data-option.ts";
import { parseCount } from "./list-options.ts";

export function addUserCommands(noun: Command, context: CliContext): void {
  addCreate(noun, context);
  addGet(noun, context);
  addDelete(noun, context);
  addList(noun, context);
  addWhois(noun, context);
  addBlock(noun, context, true);
  addBlock(noun, context, false);
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
      if (subject.trim() === "") throw usageFailure("Subject must not be empty");
      if (namespace?.trim() === "") throw usageFailure("Namespace must not be empty");
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
      if (flags.pick < 1) throw usageFailure("pick at least 1 identity to show");
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
