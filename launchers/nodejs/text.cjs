// Code that arrives as text: a script with a function by name or in its exports, an ES module, or
// either of them in TypeScript. Tried in the order of their price: a script costs nothing extra, a
// module the ES loader, TypeScript the parser (some 70 ms, and only where JavaScript did not parse).
"use strict";

const { writeFileSync } = require("node:fs");
const { createRequire, stripTypeScriptTypes } = require("node:module");
const vm = require("node:vm");
const { pick, walk } = require("./entry.cjs");

const NAME = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/;
const MODULE_WORDS = /\b(import|export|await)\b/;

async function loadText({ code, main, name }) {
  const directory = process.cwd();
  const base = `${directory}/${String(name).replace(/[^\w.-]/g, "_") || "action"}`;
  const source = { code, main, base, suffix: ".js" };
  let failure;
  try {
    return await evaluate(source);
  } catch (error) {
    if (!isNotJavaScript(error)) throw error;
    failure = error;
  }
  const stripped = stripTypes(source, failure);
  // Nothing was stripped: it is JavaScript, and wrong in a way that only the engine sees.
  if (stripped === code) throw describe(failure, source);
  const plain = { ...source, code: stripped, suffix: ".ts" };
  try {
    return await evaluate(plain);
  } catch (error) {
    throw isNotJavaScript(error) ? describe(error, plain) : error;
  }
}

/** @returns the action, or rejects with what went wrong, marked if the text did not parse */
async function evaluate(source) {
  let script;
  try {
    script = compileScript(source);
  } catch (error) {
    if (!MODULE_WORDS.test(source.code)) throw markNotJavaScript(error, error);
    return await importText(source, error);
  }
  const module = { exports: {} };
  const path = `${source.base}${source.suffix}`;
  const found = script.call(
    module.exports,
    module.exports,
    createRequire(path),
    module,
    path,
    process.cwd(),
  );
  return walk(found, source.main.split(".").slice(1)) ?? pick(module.exports, source.main);
}

function compileScript({ code, main, base, suffix }) {
  return vm.compileFunction(
    code + lookUp(main),
    ["exports", "require", "module", "__filename", "__dirname"],
    {
      filename: base + suffix,
      importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    },
  );
}

/** The text's last line: the value of the name that `main` starts with, as the text itself sees it. */
function lookUp(main) {
  if (!NAME.test(main)) return "";
  const [head] = main.split(".", 1);
  const line = `\n;return typeof ${head} === "undefined" ? undefined : ${head};`;
  try {
    vm.compileFunction(line);
    return line;
  } catch {
    return ""; // A reserved word, such as `default`: only exports can have that name.
  }
}

async function importText({ code, main, base, suffix }, scriptError) {
  // The loader reads files. Each attempt gets its own, because a failed import is remembered.
  const path = `${base}${suffix === ".ts" ? ".ts" : ""}.mjs`;
  writeFileSync(path, `${code}\n//# sourceURL=${base}${suffix}`);
  const { pathToFileURL } = require("node:url");
  try {
    return pick(await import(pathToFileURL(path).href), main);
  } catch (error) {
    throw isFromParser(error) ? markNotJavaScript(error, scriptError) : error;
  }
}

/** A syntax error of this text, not one that the running text met (`JSON.parse`) or imported. */
function isFromParser(error) {
  return (
    error instanceof SyntaxError &&
    /^SyntaxError[^\n]*\n\s+at [^\n]*node:internal/.test(error.stack)
  );
}

const unparsed = new WeakMap();
function markNotJavaScript(error, scriptError) {
  unparsed.set(error, scriptError);
  return error;
}
function isNotJavaScript(error) {
  return typeof error === "object" && error !== null && unparsed.has(error);
}

function stripTypes(source, failure) {
  if (stripTypeScriptTypes === undefined) {
    const described = describe(failure, source);
    described.stack += `\n\nIf this is TypeScript: Node ${process.version} cannot run it, newer kinds can`;
    throw described;
  }
  try {
    return stripTypeScriptTypes(source.code, { mode: "strip" });
  } catch (error) {
    if (error.code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") return transformTypes(source, error);
    // Neither language. The type-aware parser knows the place better; where both stopped at the same
    // place, the text is JavaScript and the engine's words are the familiar ones.
    const engine = findPlace(unparsed.get(failure));
    const parser = findPlace(error);
    const same = engine?.line === parser?.line && engine?.column === parser?.column;
    throw same ? describe(failure, source) : describe(error, { ...source, suffix: ".ts" });
  }
}

/** Enums and the like are not types to be stripped but code to be made. */
function transformTypes(source, unsupported) {
  try {
    return stripTypeScriptTypes(source.code, { mode: "transform" });
  } catch (cause) {
    throw Object.assign(describe(unsupported, { ...source, suffix: ".ts" }), { cause });
  }
}

/** The same error, saying file, line and column first. */
function describe(error, { code, base, suffix }) {
  const place = findPlace(error) ?? findPlace(unparsed.get(error));
  if (place === undefined) return error;
  const file = base.slice(base.lastIndexOf("/") + 1) + suffix;
  const line = code.split("\n")[place.line - 1] ?? "";
  // Without carets the parser stopped where the text ends.
  const column = place.column ?? line.length + 1;
  const described = new SyntaxError(`${file}:${place.line}:${column}: ${error.message}`);
  described.stack = `SyntaxError: ${described.message}\n\n${line}\n${" ".repeat(column - 1)}^`;
  return described;
}

/** The place in an error's stack: its first line ends in the line, a row of carets shows the column. */
function findPlace(error) {
  const lines = String(error?.stack).split("\n");
  const line = /:(\d+)$/.exec(lines[0])?.[1];
  const carets = lines.slice(0, 5).find((text) => /^\s*\^+\s*$/.test(text));
  if (line === undefined) return undefined;
  return { line: Number(line), column: carets && carets.indexOf("^") + 1 };
}

module.exports = { loadText };
