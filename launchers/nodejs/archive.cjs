// Code that arrives as an archive, zip or tar.gz: unpacked into the working directory and loaded as
// Node would load that directory, as CommonJS, as an ES module or as TypeScript.
"use strict";

const { existsSync, readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { extname, join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { pick } = require("./entry.cjs");
const { unpack } = require("./unpack.cjs");

/** Tried where neither the path itself nor Node's own suffixes lead to a file. */
const SUFFIXES = [".mjs", ".cjs", ".ts", ".mts", ".cts"];
/** What `require` says of a module that only `import` can load. */
const NEEDS_IMPORT = new Set(["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE"]);

async function loadArchive(base64, main) {
  const directory = process.cwd();
  unpack(Buffer.from(base64, "base64"), directory);
  const dot = main.indexOf(".");
  const file = dot === -1 ? findEntry(directory) : resolve(directory, main.slice(0, dot));
  return pick(await loadModule(file), main.slice(dot + 1));
}

function findEntry(directory) {
  const packageFile = join(directory, "package.json");
  if (existsSync(packageFile)) {
    const { main } = JSON.parse(readFileSync(packageFile, "utf8"));
    if (typeof main === "string" && main !== "") return resolve(directory, main);
  }
  for (const suffix of [".js", ...SUFFIXES]) {
    const file = join(directory, `index${suffix}`);
    if (existsSync(file)) return file;
  }
  throw new Error("Zipped actions must contain either package.json or index.js at the root.");
}

function resolve(directory, path) {
  const wanted = join(directory, path);
  try {
    return createRequire(`${directory}/`).resolve(wanted);
  } catch (error) {
    const file = SUFFIXES.map((suffix) => wanted + suffix).find((each) => existsSync(each));
    if (file === undefined) throw error;
    return file;
  }
}

async function loadModule(file) {
  const suffix = extname(file);
  if (suffix.endsWith("ts") && !process.features.typescript) {
    throw new Error(
      `Node ${process.version} cannot load ${file}: choose a newer kind, or JavaScript`,
    );
  }
  if (suffix === ".mjs" || suffix.endsWith("ts")) return await import(pathToFileURL(file).href);
  try {
    return createRequire(file)(file);
  } catch (error) {
    if (!NEEDS_IMPORT.has(error?.code)) throw error;
    return await import(pathToFileURL(file).href);
  }
}

module.exports = { loadArchive };
