// What no linter knows: who may import whom, that the documents name what exists, that nothing lies
// about unused. The tables are the rules; a new line in one is a decision, to be made in review.

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { CATALOGUE } from "../src/kernel/errors.ts";
import { SETTING_NAMES } from "../src/settings/settings.ts";

/**
 * What a folder may import beside itself: a folder, or one file of it. The flow of an invocation goes
 * from the bottom to the top of a request, never back; adapters are imported by roles alone.
 */
const BASE = ["kernel/", "entities/", "messages/", "telemetry/"];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  entities: ["kernel/"],
  messages: ["kernel/", "entities/"],
  telemetry: ["kernel/"],
  settings: ["kernel/"],

  api: [
    ...BASE,
    "entitlement/authenticator.ts",
    "entitlement/rights.ts",
    "entitlement/throttles.ts",
    "invocation/firings.ts",
    "invocation/port.ts",
    "registry/",
    "stores/port.ts",
  ],
  entitlement: [...BASE, "stores/port.ts"],
  registry: [...BASE, "entitlement/rights.ts", "stores/port.ts"],
  invocation: [...BASE, "balancer/balancer.ts", "bus/port.ts", "stores/port.ts", "streams/port.ts"],
  composition: [
    ...BASE,
    "balancer/balancer.ts",
    "bus/port.ts",
    "entitlement/rights.ts",
    "invocation/messages.ts",
    "registry/actions.ts",
    "station/",
  ],
  balancer: [...BASE, "bus/port.ts"],
  invoker: [
    ...BASE,
    "bus/port.ts",
    "drivers/port.ts",
    "pool/pool.ts",
    "station/",
    "stores/port.ts",
    "streams/port.ts",
  ],
  station: [...BASE, "bus/port.ts", "stores/port.ts"],
  streams: [...BASE],
  pool: [...BASE, "drivers/port.ts"],
  drivers: [...BASE, "runtimes/port.ts"],
  runtimes: [...BASE],
  bus: [...BASE, "journal/journal.ts", "journal/segments.ts"],
  stores: [...BASE, "journal/journal.ts", "journal/segments.ts"],
  journal: [...BASE],

  // The admin commands work where no platform runs: a role opens for them what it would open.
  cli: [...BASE, "settings/", "roles/", "stores/port.ts"],
  roles: [""],
  "main.ts": ["cli/", "settings/"],
};

/** Words that stand for work not done, or for a file without a subject. Split, so as not to find themselves. */
const FORBIDDEN_WORDS = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"];
const FORBIDDEN_FILES = /(^|[-.])(utils?|helpers?|common|manager|misc|index|impl)([-.]|$)/;
/** Registries are the reader's choice: a host in the repository fails where that one is not reached. */
const FORBIDDEN_HOSTS = ["npm" + "js.", "yarn" + "pkg.", "deb.debian" + ".org", "docker" + ".io"];

/** Where the linter is told to look away: the folders, and how often in a file. It only shrinks. */
const LINT_OVERRIDES = ["launchers/**", "src/settings/environment.ts", "**/*.contract.ts"];
const LINT_IGNORES: Readonly<Record<string, number>> = {};

const SOURCES = globSync("src/**/*.ts").sort();
const PRODUCT = SOURCES.filter((file) => !/(\.(test|contract)|-fixture)\.ts$/.test(file));
const CODE = [
  ...SOURCES,
  ...globSync(["test/**/*.ts", "bench/**/*.ts", "launchers/**/*.{ts,cjs,mjs}"]),
];
const DOCUMENTS = globSync(["*.md", "{docs,bench,test}/**/*.md"]);
const EVERYTHING = [
  ...CODE,
  ...DOCUMENTS,
  ...globSync(["bin/*", "*.json", ".npmrc", "install", ".ci/run"]),
];

test("imports follow the flow of an invocation", () => {
  const wrong = PRODUCT.flatMap((file) => {
    const from = folderOf(file);
    const allowed = [`${from}/`, ...(MAY_IMPORT[from] ?? [])];
    return importsOf(file)
      .map((target) => target.slice("src/".length))
      .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
      .map((target) => `${file} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});

test("every folder has its place in the table of imports", () => {
  const folders = new Set(PRODUCT.map(folderOf));
  assert.deepEqual(folders, new Set(Object.keys(MAY_IMPORT)));
});

test("the table of imports names no file that is not there, and none that is not imported", () => {
  const used = new Set(
    PRODUCT.flatMap((file) => importsOf(file).map((to) => [folderOf(file), to].join())),
  );
  const idle = Object.entries(MAY_IMPORT).flatMap(([from, targets]) =>
    targets
      .filter((target) => target.endsWith(".ts"))
      .filter((target) => !used.has([from, `src/${target}`].join()))
      .map((target) => `${from} may import ${target}, and does not`),
  );
  assert.deepEqual(idle, []);
});

test("every import leads to a file", () => {
  const lost = CODE.flatMap((file) =>
    importsOf(file)
      .filter((target) => !existsSync(target))
      .map((target) => `${file} imports ${target}`),
  );
  assert.deepEqual(lost, []);
});

test("every file of the product is reached from main.ts", () => {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    importsOf(file).forEach(visit);
  };
  visit("src/main.ts");
  assert.deepEqual(
    PRODUCT.filter((file) => !reached.has(file)),
    [],
  );
});

test("every contract is run by a test", () => {
  const run = new Set(CODE.filter((file) => file.endsWith(".test.ts")).flatMap(importsOf));
  const contracts = SOURCES.filter((file) => file.endsWith(".contract.ts"));
  assert.deepEqual(
    contracts.filter((file) => !run.has(file)),
    [],
  );
});

test("every exported function, class and constant is used by another file", () => {
  const texts = new Map(CODE.map((file) => [file, read(file)]));
  const unused = SOURCES.flatMap((file) =>
    [...read(file).matchAll(/^export (?:async )?(?:function|class|const) (\w+)/gm)]
      .map(([, name = ""]) => name)
      .filter((name) => !isNamedOutside(name, { file, texts }))
      .map((name) => `${file} exports ${name}`),
  );
  assert.deepEqual(unused, []);
});

test("ARCHITECTURE.md names every folder and port, and only files that are there", () => {
  const text = read("ARCHITECTURE.md");
  const folders = [...new Set(PRODUCT.map(folderOf))].filter((name) => !name.endsWith(".ts"));
  const ports = SOURCES.filter((file) => basename(file) === "port.ts");
  for (const name of [...folders.map((folder) => `src/${folder}/`), ...ports]) {
    assert.ok(text.includes(name), `ARCHITECTURE.md must say what ${name} is`);
  }
});

test("documents name only files that are there", () => {
  const lost = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/`((?:src|test|bench|launchers|bin|docs)\/[\w./-]*)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => !existsSync(path))
      .map((path) => `${document} names ${path}`),
  );
  assert.deepEqual(lost, []);
});

test("the tests that are begun first are there", () => {
  const named = [...read("test/run.ts").matchAll(/^ {2}"(\S+\.test\.ts)",$/gm)];
  const paths = named.map(([, path = ""]) => path);
  assert.ok(paths.length > 0);
  assert.deepEqual(
    paths.filter((path) => !existsSync(path)),
    [],
  );
});

test("links between documents lead to files, and the README's to every page", () => {
  const linksOf = (document: string) =>
    [...read(document).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = ""]) =>
      normalize(join(dirname(document), path)),
    );
  const lost = DOCUMENTS.flatMap((document) =>
    linksOf(document)
      .filter((path) => !existsSync(path))
      .map((path) => `${document} links ${path}`),
  );
  assert.deepEqual(lost, []);
  const linked = new Set(linksOf("README.md"));
  assert.deepEqual(
    globSync("docs/*.md").filter((page) => !linked.has(page)),
    [],
  );
});

test("ARCHITECTURE.md stays short enough to be read", () => {
  assert.ok(read("ARCHITECTURE.md").split("\n").length <= 250);
});

test("every setting is read, and every error of the catalogue is thrown, by some file", () => {
  const texts = PRODUCT.filter((file) => !/settings\/settings|kernel\/errors/.test(file)).map(read);
  const settings = SETTING_NAMES.filter((name) => {
    return !texts.some((text) => new RegExp(`\\b${name}\\b`).test(text));
  });
  const errors = Object.keys(CATALOGUE).filter((code) => {
    return !texts.some((text) => text.includes(`"${code}"`));
  });
  assert.deepEqual({ settings, errors }, { settings: [], errors: [] });
});

test("every source opens with what lives in it", () => {
  // A test's subject is in its name.
  const bare = CODE.filter((file) => !file.endsWith(".test.ts")).filter(
    (file) => !/^(#!.*\n)?(\/\/ |\/\*\*|"use strict";\n+\/\/ )/.test(read(file)),
  );
  assert.deepEqual(bare, []);
});

test("no file is named after nothing in particular", () => {
  assert.deepEqual(
    CODE.filter((file) => FORBIDDEN_FILES.test(basename(file))),
    [],
  );
});

test("no unfinished work and no registry's host stands in any file", () => {
  const words = new RegExp(`\\b(${FORBIDDEN_WORDS.join("|")})\\b`);
  const found = EVERYTHING.flatMap((file) => {
    const text = read(file);
    const hosts = FORBIDDEN_HOSTS.filter((host) => text.includes(host));
    return [...(text.match(words) ?? []).slice(0, 1), ...hosts].map((word) => `${file}: ${word}`);
  });
  assert.deepEqual(found, []);
});

test("the lock file says what is installed, not from where", () => {
  assert.doesNotMatch(read("package-lock.json"), /"resolved"/);
});

test("the linter's exceptions have not grown", () => {
  const { overrides } = JSON.parse(read("biome.json")) as {
    readonly overrides: readonly { readonly includes: readonly string[] }[];
  };
  assert.deepEqual(
    overrides.flatMap(({ includes }) => includes),
    LINT_OVERRIDES,
  );
  const marker = new RegExp(`biome-${"ignore"}`, "g");
  const ignores = CODE.map((file) => [file, read(file).match(marker)?.length ?? 0] as const);
  assert.deepEqual(Object.fromEntries(ignores.filter(([, count]) => count > 0)), LINT_IGNORES);
});

function read(file: string): string {
  return readFileSync(file, "utf8");
}

/** `src/pool/decide.ts` is of `pool`, `src/main.ts` of `main.ts`. */
function folderOf(file: string): string {
  return file.split("/")[1] ?? "";
}

/** Relative imports, dynamic ones and workers' files, as paths from the root. */
function importsOf(file: string): string[] {
  // A thread's script is named without its suffix.
  const text = read(file).replaceAll(/(toThreadScript\("[^"]+)"/g, '$1.ts"');
  const found = text.matchAll(
    /(?:from|import|import\(|new URL\(|toThreadScript\()\s*["`](\.{1,2}\/[^"`]+\.[cm]?[jt]s)["`]/g,
  );
  return [...found].map(([, target = ""]) => normalize(join(dirname(file), target)));
}

function isNamedOutside(
  name: string,
  { file, texts }: { file: string; texts: ReadonlyMap<string, string> },
): boolean {
  const word = new RegExp(`\\b${name}\\b`);
  return [...texts].some(([other, text]) => other !== file && word.test(text));
}
