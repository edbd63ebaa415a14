// The examples of a document, typed as they stand there against a fresh platform. In what they show, `…`
// stands for anything, and any white space for any other.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readEnvironment } from "../src/settings/environment.ts";
import { startBrisk } from "./harness.ts";

interface Step {
  readonly command: string;
  readonly shown: string;
}

/** Where the documents say that the platform listens. */
const SHOWN_URL = "http://127.0.0.1:3233";
/** What a command shows may follow what was done before by as much. */
const WAIT_MS = 10_000;
const POLL_MS = 50;
const ROOT = join(import.meta.dirname, "..");

/** Runs what a document shows, against a platform of its own. */
export async function runWalkThrough(file: string): Promise<void> {
  await using brisk = await startBrisk();
  using directory = createDirectory();
  // What a shell keeps from one command to the next.
  let variables = "";
  let isAdministered = false;
  for (const { command, shown: written } of readSteps(join(ROOT, file))) {
    const shown = written.replaceAll(SHOWN_URL, brisk.url);
    const typed = command.replaceAll(SHOWN_URL, brisk.url);
    if (/^[A-Z]+=/.test(typed)) {
      variables += `${typed}\n`;
      continue;
    }
    const run = () => runShell(variables + typed, { directory: directory.path, data: brisk.data });
    // Records follow what was accepted, and the platform what an operator did.
    const waitMs = isAdministered || command.includes(" activation ") ? WAIT_MS : 0;
    await assertShown(command, { run, shown, waitMs });
    isAdministered ||= command.includes(" admin ");
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
  /** How long the command is typed again until it shows that. */
  readonly waitMs: number;
}

async function assertShown(command: string, { run, shown, waitMs }: Expectation): Promise<void> {
  const until = Date.now() + waitMs;
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

/** Output and errors, as a terminal shows them to who has just started a platform, and set nothing. */
function runShell(script: string, { directory, data }: Shell): Promise<string> {
  const { PATH = "" } = readEnvironment();
  const child = spawn("bash", ["-c", `exec 2>&1\n${script}`], {
    cwd: directory,
    env: { PATH, HOME: directory, BRISK_DATA: data },
    stdio: ["ignore", "pipe", "inherit"],
  });
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
