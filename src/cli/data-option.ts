// `--data DIR` of the commands that work on a data directory; without it the one that `brisk up` takes.

import type { Command } from "commander";
import { parseSettings } from "../settings/parse.ts";
import type { CliContext } from "./context.ts";

export function addDataOption(command: Command): Command {
  return command.option("--data <DIR>", "the platform's data directory, as `brisk up` has it");
}

/** Other settings that the environment may hold are for `brisk up` to judge. */
export function chooseDataDirectory({ environment }: CliContext, command: Command): string {
  const { data } = command.opts<{ data?: string }>();
  const file = environment["BRISK_CONFIG"];
  return parseSettings({
    flags: data === undefined ? {} : { data },
    environment: { BRISK_DATA: environment["BRISK_DATA"] },
    ...(file === undefined || file === "" ? {} : { file }),
  }).data;
}
