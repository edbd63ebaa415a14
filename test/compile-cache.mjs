// Imported before a test: what it loads is compiled once, and kept for the tests that load it too. It is
// a third of the time of a small one. Not by a variable: the platforms that tests start keep their own.

import { enableCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/brisk-tests"));
