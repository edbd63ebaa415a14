// Which platform a command talks to, and as whom: flags, over WHISK_ variables, over the properties
// file.

import { describeSystemError } from "../kernel/system-error.ts";
import type { Environment } from "../settings/environment.ts";
import { CliError, EXIT } from "./cli-error.ts";
import { readProperties } from "./properties.ts";

/** Not imported: see run.ts. */
const { readFileSync } = process.getBuiltinModule("node:fs");

/** The flags that every command of the REST API has. */
export interface ConnectionFlags {
  readonly apihost?: string;
  readonly apiversion?: string;
  readonly auth?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

export interface Connection {
  /** Scheme and authority, and a path where the host was given with one; no slash at the end. */
  readonly host: URL;
  readonly apiVersion: string;
  /** `uuid:key`. */
  readonly auth: string;
  readonly certificate?: { readonly cert: Buffer; readonly key: Buffer };
  readonly verifiesServer: boolean;
}

/** The texts as they are, `""` where there is none: what `property get` shows. */
export interface Chosen {
  readonly apihost: string;
  readonly apiversion: string;
  readonly auth: string;
  readonly cert: string;
  readonly key: string;
  /** The properties file. */
  readonly path: string;
}

const API_VERSION = "v1";

export function chooseConnection(flags: ConnectionFlags, environment: Environment): Chosen {
  const { values, path } = readProperties(environment);
  return {
    apihost: flags.apihost || environment["WHISK_APIHOST"] || values["APIHOST"] || "",
    apiversion:
      flags.apiversion || environment["WHISK_APIVERSION"] || values["APIVERSION"] || API_VERSION,
    auth: flags.auth || environment["WHISK_AUTH"] || values["AUTH"] || "",
    cert: flags.cert || values["CERT"] || "",
    key: flags.key || values["KEY"] || "",
    path,
  };
}

export function openConnection(
  chosen: Chosen,
  { insecure = false, needsAuth }: { insecure?: boolean | undefined; needsAuth: boolean },
): Connection {
  const host = parseHost(chosen);
  if (needsAuth && chosen.auth === "") {
    const message = `No authorization key is known, ${tellLooked(chosen)}; give one with --auth KEY or 'brisk property set --auth KEY'`;
    throw new CliError(message, { exitCode: EXIT.usage });
  }
  const certificate = readCertificate(chosen, insecure);
  return {
    host,
    apiVersion: chosen.apiversion,
    auth: chosen.auth,
    verifiesServer: !insecure,
    ...(certificate === undefined ? {} : { certificate }),
  };
}

function parseHost(chosen: Chosen): URL {
  const { apihost } = chosen;
  if (apihost !== "") return parseHostUrl(apihost);
  throw new CliError(
    `The API host is not valid: An API host must be provided, ${tellLooked(chosen)}; start a platform here with 'brisk up', or name one with --apihost HOST`,
  );
}

function tellLooked({ path }: Chosen): string {
  return path === "" ? "and WSK_CONFIG_FILE is empty" : `looked in ${path}`;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** Without a scheme it is `https`, as for `wsk`. Throws a `CliError`. */
export function parseHostUrl(apihost: string): URL {
  const [, scheme = "https"] = SCHEME.exec(apihost) ?? [];
  const text = SCHEME.test(apihost) ? apihost : `https://${apihost}`;
  if (!URL.canParse(text) || !/^https?$/i.test(scheme)) {
    throw new CliError(
      `The API host is not valid: '${apihost}' is no host name or URL, must be like http://127.0.0.1:3233`,
    );
  }
  return new URL(text);
}

function readCertificate(
  { cert, key }: Chosen,
  insecure: boolean,
): { cert: Buffer; key: Buffer } | undefined {
  if (cert === "" && key === "") return undefined;
  if (cert === "" || key === "") {
    if (insecure) return undefined;
    throw new CliError("--cert and --key belong together: one of them is missing");
  }
  return { cert: readPem(cert), key: readPem(key) };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CliError(`Unable to read '${path}': ${describeSystemError(cause)}`, {
      exitCode: EXIT.usage,
      cause,
    });
  }
}
