// The package as it is published: packed, installed in an empty directory, started, invoked. It has
// built JavaScript, as Node strips no types under node_modules.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startBrisk } from "./harness.ts";

const ROOT = join(import.meta.dirname, "..");

/** Rejects, with everything that was written, where the program fails. */
const runFile = promisify(execFile);
const NPM_FLAGS = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];

test("the packed package installs in an empty directory, starts, and runs an action", async () => {
  using directory = createDirectory();
  const { path } = directory;
  await runFile("npm", ["pack", "--pack-destination", path, ...NPM_FLAGS], { cwd: ROOT });
  const [archive] = globSync("*.tgz", { cwd: path });
  assert.ok(archive !== undefined, "npm pack makes an archive");

  const place = join(path, "elsewhere");
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), "{}");
  const install = ["install", "--prefer-offline", "--ignore-scripts", join(path, archive)];
  await runFile("npm", [...install, ...NPM_FLAGS], { cwd: place });
  const installed = join(place, "node_modules/brisk");
  const unwanted = "{{src,test}/**,dist/**/*.ts,dist/**/*{.test,.contract,-fixture}.js}";
  assert.deepEqual(
    globSync(unwanted, { cwd: installed }),
    [],
    "it has what was built, and no tests",
  );

  const program = join(place, "node_modules/.bin/brisk");
  await using brisk = await startBrisk({ program });
  const code = join(path, "hello.js");
  writeFileSync(code, "exports.main = ({ name }) => ({ greeting: name });");
  const env = { PATH: "/usr/bin:/bin", WSK_CONFIG_FILE: join(brisk.data, "wskprops") };
  await runFile(program, ["action", "create", "hello", code], { env });
  const invoke = ["action", "invoke", "hello", "--result", "--param", "name", "Ada"];
  const { stdout } = await runFile(program, invoke, { env });
  assert.deepEqual(JSON.parse(stdout), { greeting: "Ada" });
});

function createDirectory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "brisk-package-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
