// An action's code from a file or a directory: what kind it is, and how it is sent.

import { readFileSync, type Stats, statSync } from "node:fs";
import { extname } from "node:path";
import { describeSystemError } from "../kernel/system-error.ts";
import { MB } from "../kernel/units.ts";
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
  const status = reading(path, () => statSync(path));
  if (status.isDirectory()) return sendArchive(path, await zip(path), kind);
  const bytes = readFile(path, status);
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
  const family = findArchiveFamily(path, bytes);
  if (family !== undefined) return { kind: `${family}:default`, code };
  throw new CliError(
    `'${path}' shows no kind, as it has no package.json, index.js or __main__.py at its top: name the kind with --kind`,
    { exitCode: EXIT.usage },
  );
}

async function zip(path: string): Promise<Uint8Array> {
  const { zipDirectory } = await import("./archive.ts");
  const bytes = reading(path, () => zipDirectory(path));
  refuseLarge(path, bytes.length);
  return bytes;
}

function readFile(path: string, { size }: Stats): Buffer {
  refuseLarge(path, size);
  const bytes = reading(path, () => readFileSync(path));
  if (bytes.length > 0) return bytes;
  throw new CliError(`File '${path}' is empty, must hold the action's code`, {
    exitCode: EXIT.usage,
  });
}

/** A platform takes 48 MB as Base64: what is far beyond is not even read, as it would not fit a text. */
const BYTES_MAX = 256 * MB;

function refuseLarge(path: string, bytes: number): void {
  if (bytes <= BYTES_MAX) return;
  throw new CliError(`'${path}' has ${Math.ceil(bytes / MB)} MB, more than any platform takes`, {
    exitCode: EXIT.usage,
  });
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    // Of a directory it may be a file in it.
    const { path: met = path } = cause as NodeJS.ErrnoException;
    const message = `File '${met}' is not a valid file or it does not exist: ${describeSystemError(cause)}`;
    throw new CliError(message, { exitCode: EXIT.usage, cause });
  }
}
