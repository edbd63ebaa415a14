// What the pages of docs/ show is what happens.

import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runWalkThrough } from "./walk-through.ts";

const ROOT = join(import.meta.dirname, "..");

for (const file of globSync("docs/*.md", { cwd: ROOT }).sort()) {
  test(`the walk-through of ${file} goes as it says`, () => runWalkThrough(file));
}
