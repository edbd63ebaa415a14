// What the OpenAPI document says of web actions: one path, every verb alike.

import type { Method, RouteDescription } from "../routes.ts";

/** All that reach an action. */
export const WEB_METHODS: readonly Method[] = [
  "GET",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "HEAD",
  "OPTIONS",
];

export const WEB_DESCRIPTIONS: readonly RouteDescription[] = WEB_METHODS.map((method) => ({
  method,
  path: "web/:namespace/:package/:action",
  summary:
    method === "OPTIONS"
      ? "Ask what a browser may send to a web action, or ask the action itself"
      : "Call a web action; its name may have an extension and be followed by any path",
  isOpen: true,
  isInvocation: true,
  headers: [
    { name: "X-Require-Whisk-Auth", meaning: "The secret that the action asks for, if it does" },
  ],
  answerType: "*/*",
  answers: {
    200: "What the action made of the request",
    default: "Whatever status the action chose",
    202: "It has not ended within a minute",
    400: "The request has parameters that it may not have, or the result is no response",
    401: "The action asks for credentials",
    403: "Its package is no longer shared",
    404: "There is no such web action",
    406: "The response is of another type than the request accepts",
    413: "The request is too large",
    429: "Too many invocations of that namespace",
    503: "The platform takes no more",
  },
}));
