// The walk-throughs of README and docs, typed as they stand there against a fresh platform each. In what
// they show, `…` stands for anything, and any white space for any other.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startBrisk } from "./harness.ts";

interface Step {
  readonly command: string;
  readonly shown: string;
}

/** Where they say that the platform listens. */
const SHOWN_URL = "http://127.0.0.1:3233";
/** A record may follow an accepted invocation by as much. */
const RECORD_MS = 10_000;
const POLL_MS = 50;
const ROOT = join(import.meta.dirname, "..");

for (const page of ["README.md", ...globSync("docs/*.md", { cwd: ROOT })]) {
  test(`the walk-through of ${page} goes as it says`, () => walkThrough(page));
}

async function walkThrough(page: string): Promise<void> {
  await using brisk = await startBrisk();
  using directory = createDirectory();
  // What a shell keeps from one command to the next.
  let variables = "";
  for (const { command, shown } of readSteps(join(ROOT, page))) {
    const typed = command.replaceAll(SHOWN_URL, brisk.url);
    if (/^[A-Z]+=/.test(typed)) {
      variables += `${typed}\n`;
      continue;
    }
    const run = () => runShell(variables + typed, { directory: directory.path, data: brisk.data });
    await assertShown(command, { run, shown });
  }
}

function readSteps(file: string): Step[] {
  const blocks = readFileSync(file, "utf8").matchAll(/^```console\n(.*?)^```/gms);
  const steps = [...blocks].flatMap(([, block = ""]) => toSteps(block));
  assert.ok(steps.length > 0, `${file} has a walk-through`);
  return steps;
}

function toSteps(block: string): Step[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = "", ...lines] = step.split("\n");
      const continued = lines.filter((line) => line.startsWith(">")).map((line) => line.slice(2));
      return {
        command: [command, ...continued].join("\n"),
        shown: lines.filter((line) => !line.startsWith(">")).join("\n"),
      };
    });
}

interface Expectation {
  readonly run: () => Promise<string>;
  readonly shown: string;
}

/** Commands that ask for records may be asked again: these follow what was accepted. */
async function assertShown(command: string, { run, shown }: Expectation): Promise<void> {
  const until = Date.now() + (command.includes(" activation ") ? RECORD_MS : 0);
  for (;;) {
    const output = await run();
    if (toPattern(shown).test(output.trim())) return;
    if (Date.now() >= until)
      assert.fail(`$ ${command}\nshould show\n${shown}\nbut shows\n${output}`);
    await delay(POLL_MS);
  }
}

function toPattern(shown: string): RegExp {
  const words = shown.trim().split(/\s+/);
  const literal = words.map((word) => word.split("…").map(RegExp.escape).join(".*"));
  return new RegExp(`^${literal.join("\\s*")}$`, "s");
}

interface Shell {
  readonly directory: string;
  readonly data: string;
}

/** Output and errors, as a terminal shows them. */
function runShell(script: string, { directory, data }: Shell): Promise<string> {
  const child = spawn(
    "bash",
    ["-c", `exec 2>&1\nWSK_CONFIG_FILE=${data}/wskprops; export WSK_CONFIG_FILE\n${script}`],
    {
      cwd: directory,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return new Promise((onOutput, reject) => {
    child.on("error", reject);
    child.on("close", () => onOutput(output));
  });
}

/** A checkout as far as the walk-through needs one. */
function createDirectory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "brisk-readme-"));
  symlinkSync(join(ROOT, "bin"), join(path, "bin"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
