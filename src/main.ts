// Arguments to a command's exit code. `brisk up` is a command like the others, and loads its role.

import { runCli } from "./cli/run.ts";
import { readEnvironment } from "./settings/environment.ts";

process.exitCode = await runCli(process.argv.slice(2), readEnvironment());
