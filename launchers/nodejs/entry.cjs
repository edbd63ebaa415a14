// Finds the function that an action's `main` names in what its module exports.
"use strict";

/** Exports by name, then those of a CommonJS module seen through `import`, then a module's default. */
function pick(exported, main) {
  const path = main.split(".");
  const found = walk(exported, path) ?? walk(exported?.default, path);
  if (found !== undefined || main !== "main") return found;
  return typeof exported?.default === "function" ? exported.default : undefined;
}

function walk(start, path) {
  let owner;
  let value = start;
  for (const name of path) {
    owner = value;
    value = value?.[name];
  }
  // A method keeps its object, as if it were called by its whole path.
  return typeof value === "function" && typeof owner === "object" ? value.bind(owner) : value;
}

module.exports = { pick, walk };
