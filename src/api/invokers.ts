// `/invokers`: how the invokers are, for whoever operates the platform (rest-api specification, 1.1).

import { json, type Reply } from "./http.ts";

export type InvokerState = "up" | "unhealthy" | "down";
/** By their names there: `invoker0/0`. */
export type InvokerStates = () => Readonly<Record<string, InvokerState>>;

/** `undefined` where the path is another's. */
export function answerInvokers(path: string, states: InvokerStates): Reply | undefined {
  switch (path) {
    case "/invokers":
      return json(states());
    case "/invokers/healthy/count":
      return json(count(states()).healthy);
    case "/invokers/ready":
      return toReady(count(states()));
    default:
      return undefined;
  }
}

interface Count {
  readonly healthy: number;
  readonly all: number;
}

function count(states: Readonly<Record<string, InvokerState>>): Count {
  const all = Object.values(states);
  return { healthy: all.filter((state) => state === "up").length, all: all.length };
}

function toReady({ healthy, all }: Count): Reply {
  if (healthy > 0) return json({ healthy: `${healthy}/${all}` });
  return json({ unhealthy: `${all - healthy}/${all}` }, 500);
}
