// An action's code from a file or a directory: what kind it is, and how it is sent.

import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { CliError, EXIT } from "./cli-error.ts";

export interface ArtifactOptions {
  readonly kind?: string | undefined;
  readonly main?: string | undefined;
}

/** What goes into a PUT; the server answers with the kind that `:default` stands for, and `binary`. */
export interface SentExec {
  readonly kind: string;
  readonly code: string;
  readonly main?: string;
}

interface Language {
  readonly family: string;
  /** Sent as Base64. */
  readonly isBinary?: boolean;
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  ".balx": { family: "ballerina", isBinary: true },
  ".cjs": { family: "nodejs" },
  ".cts": { family: "nodejs" },
  ".go": { family: "go" },
  ".jar": { family: "java", isBinary: true },
  ".js": { family: "nodejs" },
  ".mjs": { family: "nodejs" },
  ".mts": { family: "nodejs" },
  ".php": { family: "php" },
  ".py": { family: "python" },
  ".rb": { family: "ruby" },
  ".rs": { family: "rust" },
  ".swift": { family: "swift" },
  ".ts": { family: "nodejs" },
};

/** What files of a kind are called when they are saved. */
export function toSuffix(kind: string, isBinary: boolean): string {
  const family = kind.split(":", 1)[0];
  const own = Object.entries(LANGUAGES).filter(([, language]) => language.family === family);
  if (isBinary) return own.find(([, language]) => language.isBinary)?.[0] ?? ".zip";
  return family === "nodejs" ? ".js" : (own[0]?.[0] ?? ".txt");
}

export async function readArtifact(path: string, options: ArtifactOptions): Promise<SentExec> {
  const { kind, code } = await readCode(path, options.kind);
  return { kind, code, ...(options.main === undefined ? {} : { main: options.main }) };
}

async function readCode(path: string, kind: string | undefined): Promise<SentExec> {
  if (readStatus(path).isDirectory()) return sendArchive(path, await zip(path), kind);
  const bytes = readFileSync(path);
  const suffix = extname(path).toLowerCase();
  if (suffix === ".zip") return sendArchive(path, bytes, kind);
  const language = LANGUAGES[suffix];
  if (language === undefined && kind === undefined) {
    throw new CliError(
      `'${suffix || path}' is not a supported action runtime: name the kind with --kind`,
      { exitCode: EXIT.usage },
    );
  }
  return {
    kind: kind ?? `${language?.family}:default`,
    code: bytes.toString(language?.isBinary ? "base64" : "utf8"),
  };
}

async function sendArchive(
  path: string,
  bytes: Uint8Array,
  kind: string | undefined,
): Promise<SentExec> {
  const code = Buffer.from(bytes).toString("base64");
  if (kind !== undefined) return { kind, code };
  const { findArchiveFamily } = await import("./archive.ts");
  const family = findArchiveFamily(bytes);
  if (family !== undefined) return { kind: `${family}:default`, code };
  throw new CliError(
    `'${path}' shows no kind, as it has no package.json, index.js or __main__.py at its top: name the kind with --kind`,
    { exitCode: EXIT.usage },
  );
}

async function zip(path: string): Promise<Uint8Array> {
  return (await import("./archive.ts")).zipDirectory(path);
}

function readStatus(path: string): { isDirectory(): boolean } {
  try {
    return statSync(path);
  } catch (cause) {
    const message = `File '${path}' is not a valid file or it does not exist: ${(cause as Error).message}`;
    throw new CliError(message, { exitCode: EXIT.usage, cause });
  }
}
