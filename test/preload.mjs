// Imported before each test file.

import { enableCompileCache } from "node:module";
import { join } from "node:path";

// What it loads is compiled once, and kept for the tests that load it too: a third of the time of a small
// one. Not by a variable: the platforms that tests start keep their own.
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/brisk-tests"));

// It is made to exit when its last test has ended (`run.ts`): what it says of its tests, which a busy runner
// reads late, would go with it.
process.stdout._handle?.setBlocking?.(true);
