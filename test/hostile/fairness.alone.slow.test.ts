// Floods of every kind that a container can make.

import { testFloods } from "./fairness.ts";
import { runningFlood } from "./floods.ts";

testFloods({
  "output without end": runningFlood(
    `const main = () => { const all = Buffer.alloc(1 << 16, "x\\n"); for (;;) require("node:fs").writeSync(1, all); }`,
    2,
  ),
  "a fork bomb": runningFlood(
    `const main = () => {
      require("node:child_process").spawn("/bin/sh", ["-c", "f() { f & f & }; while :; do f; done"], { stdio: "ignore" });
      return new Promise(() => {});
    }`,
    1,
  ),
  "writers of large files": runningFlood(
    `const main = () => { for (;;) require("node:fs").writeFileSync("/tmp/x", Buffer.alloc(16 << 20)); }`,
    2,
  ),
  "programs started without end": runningFlood(
    `const main = () => { for (;;) require("node:child_process").spawnSync("/bin/sh", ["-c", ":"]); }`,
    2,
  ),
});
