// Tells when the action starts a child process: what that writes is not counted by this one's streams.
"use strict";

const children = require("node:child_process");
const { syncBuiltinESMExports } = require("node:module");

/** Calls back before each one. What does not wait for it goes through `ChildProcess#spawn`. */
function watchChildren(started) {
  watch(children.ChildProcess.prototype, "spawn", started);
  for (const name of ["spawnSync", "execSync", "execFileSync"]) watch(children, name, started);
  syncBuiltinESMExports();
}

function watch(owner, name, started) {
  const original = owner[name];
  owner[name] = function (...given) {
    started();
    return original.apply(this, given);
  };
  Object.defineProperty(owner[name], "name", { value: name });
}

module.exports = { watchChildren };
