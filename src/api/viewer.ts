// `/docs`: the API's page, Swagger UI on this platform's own OpenAPI document. Its files are read when they
// are asked for; whoever asks at the same time shares them, so that slow readers cost nothing more.
//
// Swagger UI stays at 5.17.14: the versions after it come with a package that runs a script at install.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { failure } from "../kernel/errors.ts";
import type { Reply } from "./http.ts";

const DOCUMENT = "/api/v1/api-docs";

const PAGE = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Brisk's API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`;
/** Always this platform's document: one that the address named would be shown as if it were. */
const START = `SwaggerUIBundle({
  url: ${JSON.stringify(DOCUMENT)},
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
`;

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

/**
 * Nothing from elsewhere, nothing inline: also a text that slipped into the page could not run. And in a
 * sandbox, whose origin is nobody's: a tenant's web action, which has this origin, could otherwise open
 * the page and read the key that is typed into it. It also keeps the browser from asking for a key by
 * itself, which it would then add to whatever such an action's page sends.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "sandbox allow-scripts allow-forms allow-downloads allow-popups",
].join("; ");
const HEADERS = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
} as const;

export class Viewer {
  readonly #directory = dirname(
    createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"),
  );
  readonly #reading = new Map<string, Promise<Buffer>>();
  readonly #held = new Map<string, WeakRef<Buffer>>();

  /** @param path from `/docs` on; `prefix` is what stands before it. Rejects with `method-or-path-unknown`. */
  async answer({
    prefix,
    path,
  }: {
    readonly prefix: string;
    readonly path: string;
  }): Promise<Reply> {
    switch (path) {
      case "/docs":
      case "/docs/":
        return redirect(`${prefix}/docs/index.html?url=${DOCUMENT}`);
      case "/docs/index.html":
        return { status: 200, text: PAGE, contentType: HTML, headers: HEADERS };
      case "/docs/start.js":
        return { status: 200, text: START, contentType: SCRIPT, headers: HEADERS };
      case "/docs/swagger-ui-bundle.js":
        return this.#file("swagger-ui-bundle.js", SCRIPT);
      case "/docs/swagger-ui.css":
        return this.#file("swagger-ui.css", STYLE);
      default:
        throw failure("method-or-path-unknown");
    }
  }

  async #file(name: string, contentType: string): Promise<Reply> {
    const text = this.#held.get(name)?.deref() ?? (await this.#read(name));
    return { status: 200, text, contentType, headers: HEADERS };
  }

  #read(name: string): Promise<Buffer> {
    let reading = this.#reading.get(name);
    if (reading === undefined) {
      reading = readFile(join(this.#directory, name)).then((bytes) => {
        this.#held.set(name, new WeakRef(bytes));
        return bytes;
      });
      this.#reading.set(name, reading);
      const end = () => this.#reading.delete(name);
      reading.then(end, end);
    }
    return reading;
  }
}

function redirect(location: string): Reply {
  const headers = { ...HEADERS, Location: location };
  return { status: 308, text: "", contentType: "text/plain; charset=UTF-8", headers };
}
