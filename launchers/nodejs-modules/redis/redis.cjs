// The module `redis` of actions. OpenWhisk's images had version 2 until 2022, for openwhisk-composer, which
// still generates code for it, and have had version 4 since; both are called `redis`, and neither runs
// what is written for the other. How a client is made tells them apart: 2 and 3, the last one with that
// interface, take a URL, a socket or a port first, which later versions never do. Version 6 takes 250 ms to
// load, which conductors must not wait for: a map of 20 would take 9 s for 1.
"use strict";

function createClient(...given) {
  const isEarly = typeof given[0] === "string" || typeof given[0] === "number";
  return require(isEarly ? "redis-3" : "redis-6").createClient(...given);
}

const own = { createClient };
/** Everything else is version 6's, loaded with the first question for it. */
module.exports = new Proxy(own, {
  get: (_, name) => (Object.hasOwn(own, name) ? own : require("redis-6"))[name],
  has: (_, name) => name in require("redis-6"),
  ownKeys: () => Reflect.ownKeys(require("redis-6")),
  getOwnPropertyDescriptor: (_, name) => {
    const value = (Object.hasOwn(own, name) ? own : require("redis-6"))[name];
    if (value === undefined) return undefined;
    return { value, enumerable: true, configurable: true, writable: true };
  },
});
// It never is: Node reads here, without running it, which names an ES module may import.
if (module.exports === undefined) module.exports = { ...require("redis-6"), createClient };
