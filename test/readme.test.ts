// What the README and the documents show is what happens.

import { test } from "node:test";
import { runWalkThrough } from "./walk-through.ts";

for (const file of ["README.md", "docs/compositions.md", "docs/sequences.md"]) {
  test(`the walk-through of ${file} goes as it says`, () => runWalkThrough(file));
}
