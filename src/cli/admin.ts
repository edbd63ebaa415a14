// `brisk admin`: users, keys and limits of a platform on this machine, straight in its data directory.
// Texts and exit codes are those of OpenWhisk's `wskadmin`, on which scripts rely.

import type { Command } from "commander";
import { addLimitsCommands } from "./admin-limits.ts";
import { addUserCommands } from "./admin-user.ts";
import type { CliContext } from "./context.ts";

export function addAdminCommands(noun: Command, context: CliContext): void {
  addUserCommands(noun.command("user").description("work with users and their keys"), context);
  addLimitsCommands(noun.command("limits").description("work with a namespace's limits"), context);
}
