// What the README shows is what happens.

import { test } from "node:test";
import { runWalkThrough } from "./walk-through.ts";

test("the walk-through of the README goes as it says", () => runWalkThrough("README.md"));
