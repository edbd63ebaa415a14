import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { resolveKind } from "../entities/runtime-manifest.ts";
import { installRuntime, removeRuntime } from "./install.ts";
import { listRuntimes } from "./installed.ts";
import { collectModules } from "./module-closure.ts";
import { isEnteredByEveryone, openPublicDirectory } from "./public-directory.ts";
import { openProgram } from "./runtime-directory.ts";
import { openRuntimes } from "./runtimes.ts";

function openData() {
  const path = mkdtempSync(join(tmpdir(), "brisk-runtimes-"));
  chmodSync(path, 0o711);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function open(path: string) {
  const stemCells = [{ initialCount: 2, memoryMb: 256 }];
  return openRuntimes({ dataDirectory: path, publicFiles: path, stemCells });
}

test("the manifest has the nodejs kinds, with stem cells for the default one", () => {
  using data = openData();
  const { manifest } = open(data.path);
  assert.deepEqual(
    manifest.kinds.map(({ kind, stemCells }) => [kind, stemCells.length]),
    [
      ["nodejs:20", 0],
      ["nodejs:22", 0],
      ["nodejs:24", 1],
      ["nodejs:26", 0],
    ],
  );
  assert.equal(resolveKind(manifest, "nodejs:default")?.kind, "nodejs:24");
});

test("a kind that is not installed is named with the command that adds it, until it is added", async () => {
  using data = openData();
  const { manifest, launches } = open(data.path);
  assert.equal(manifest.missing("nodejs:24"), undefined);
  const advice =
    "The runtime nodejs:22 is not installed here: `brisk runtime add nodejs:22` adds it";
  assert.equal(manifest.missing("nodejs:22"), advice);
  await assert.rejects(launches.find("nodejs:22"), { message: advice });
  const added = join(data.path, "runtimes", "nodejs-22");
  mkdirSync(added, { recursive: true });
  writeFileSync(join(added, "node"), "", { mode: 0o755 });
  writeFileSync(join(added, "version"), "22.1.2\n");
  assert.equal(manifest.missing("nodejs:22"), undefined);
  assert.equal((await launches.find("nodejs:22")).program, join(added, "node"));
  assert.deepEqual(
    listRuntimes(data.path).map(({ kind, version, carried }) => [kind, version, carried]),
    [
      ["nodejs:20", undefined, false],
      ["nodejs:22", "22.1.2", false],
      ["nodejs:24", process.versions.node, true],
      ["nodejs:26", undefined, false],
    ],
  );
  assert.equal(removeRuntime(data.path, "nodejs:22"), true);
  assert.equal(removeRuntime(data.path, "nodejs:22"), false);
});

test("what containers see can be read by everyone, and is made once", async () => {
  using data = openData();
  const { directory, launcher } = await open(data.path).launches.find("nodejs:24");
  assert.equal(existsSync(join(directory, launcher)), true);
  for (const name of [
    "openwhisk",
    "redis",
    "redis-3",
    "redis-commands",
    "@redis/client",
    "uuid",
    "needle",
  ]) {
    assert.equal(existsSync(join(directory, "node_modules", name, "package.json")), true, name);
  }
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const rights = entry.isDirectory() ? 0o005 : 0o004;
    const path = join(entry.parentPath, entry.name);
    assert.equal(statSync(path).mode & rights, rights, path);
  }
  const made = statSync(directory).mtimeMs;
  const again = await open(data.path).launches.find("nodejs:24");
  assert.equal(again.directory, directory);
  assert.equal(statSync(directory).mtimeMs, made);
  assert.deepEqual(
    readdirSync(join(data.path, "runtimes")).filter((name) => name.includes(".")),
    [],
  );
});

test("what earlier versions made for containers goes, but where other platforms may use it", () => {
  using data = openData();
  using shared = openData();
  const open = (publicFiles: string) =>
    openRuntimes({ dataDirectory: data.path, publicFiles, stemCells: [] });
  for (const { path } of [data, shared]) {
    // Of another version, one that was not made whole, and what is no launcher.
    for (const name of ["launcher-0123456789ab", "launcher-0123456789ab.17", "nodejs-22"]) {
      mkdirSync(join(path, "runtimes", name, "launcher"), { recursive: true });
    }
    open(path);
  }
  const [own, others] = [data, shared].map(({ path }) => readdirSync(join(path, "runtimes")));
  assert.equal(own?.filter((name) => name.startsWith("launcher-")).length, 1);
  assert.ok(own?.includes("nodejs-22") && !own.includes("launcher-0123456789ab"));
  assert.equal(others?.length, 4);
});

test("two versions of a module stand where each finds its own", () => {
  using data = openData();
  const write = (path: string, version: string, dependencies: Record<string, string> = {}) => {
    const file = join(data.path, path, "package.json");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ version, dependencies }));
  };
  write("node_modules/a", "1.0.0", { shared: "1", b: "1" });
  write("node_modules/b", "1.0.0", { shared: "2", a: "1" });
  write("node_modules/b/node_modules/shared", "2.0.0");
  write("node_modules/shared", "1.0.0");
  assert.deepEqual(
    collectModules(["a", "b"], data.path).map(({ target, version }) => `${target} ${version}`),
    ["a 1.0.0", "b 1.0.0", "shared 1.0.0", "b/node_modules/shared 2.0.0"],
  );
  assert.throws(() => collectModules(["c"], data.path), /the package c is missing/);
});

test("a program that others cannot reach is given a path on which they can", () => {
  using data = openData();
  const closed = join(data.path, "closed");
  mkdirSync(closed, { mode: 0o700 });
  const program = join(closed, "node");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  assert.equal(isEnteredByEveryone(closed), false);
  assert.equal(isEnteredByEveryone(data.path), true);
  const reachable = openProgram(data.path, program);
  if (process.getuid?.() !== 0) assert.equal(reachable, program);
  else {
    assert.equal(isEnteredByEveryone(dirname(reachable)), true);
    assert.equal(statSync(reachable).mode & 0o005, 0o005);
    assert.equal(openProgram(data.path, program), reachable);
    assert.equal(openProgram(data.path, reachable), reachable);
  }
});

test("files for sandboxes stand in the data directory, the socket alone in a directory of it", () => {
  using data = openData();
  const { files, sockets, instance } = openPublicDirectory(data.path);
  assert.deepEqual({ files, sockets }, { files: data.path, sockets: join(data.path, "api") });
  assert.match(instance, /^[0-9a-f]{12}$/);
  assert.equal(statSync(sockets).mode & 0o777, 0o755);
});

test("kinds that do not exist or come with Brisk are neither added nor removed", async () => {
  using data = openData();
  const add = (kind: string) =>
    installRuntime({ dataDirectory: data.path, kind, onProgress: () => {} });
  const unknown = "There is no runtime nodejs:18; there are nodejs:20, nodejs:22, nodejs:26";
  await assert.rejects(add("nodejs:18"), { message: unknown });
  await assert.rejects(add("nodejs:24"), /nodejs:24 comes with Brisk/);
  assert.throws(() => removeRuntime(data.path, "nodejs:24"), /nodejs:24 comes with Brisk/);
});
