// The load: clients that send ready-made HTTP requests over kept-alive sockets, each the next one as
// soon as the last is answered. It parses no more of an answer than where it ends, because what the
// generator costs is taken from the servers that it measures.

import { connect, type Socket } from "node:net";

export interface Load {
  readonly port: number;
  readonly clients: number;
  /** How long each client goes on; 0 sends one request a client. */
  readonly durationMs: number;
  /** Whole requests as sent; taken in turn. */
  readonly requests: readonly string[];
}

export interface LoadResult {
  readonly elapsedMs: number;
  readonly latenciesMs: readonly number[];
  /** Answers with another status than 2xx; the first one's text. */
  readonly failures: number;
  readonly firstFailure?: string;
}

export interface RequestParts {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function toRequestText({ method, path, headers = {}, body = "" }: RequestParts): string {
  const lines = Object.entries({
    host: "127.0.0.1",
    "content-length": String(Buffer.byteLength(body)),
    ...(body === "" ? {} : { "content-type": "application/json" }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const sockets = await Promise.all(
    Array.from({ length: load.clients }, () => openSocket(load.port)),
  );
  const requests = load.requests.map((text) => Buffer.from(text));
  const latenciesMs: number[] = [];
  const failed: string[] = [];
  const from = performance.now();
  let sent = 0;
  const next = () => {
    if (sent >= load.clients && performance.now() - from >= load.durationMs) return undefined;
    return requests[sent++ % requests.length];
  };
  await Promise.all(sockets.map((socket) => runClient(socket, { next, latenciesMs, failed })));
  const elapsedMs = performance.now() - from;
  const [firstFailure] = failed;
  const result = { elapsedMs, latenciesMs, failures: failed.length };
  return firstFailure === undefined ? result : { ...result, firstFailure };
}

/** Longer than the platform makes a blocking client wait. */
const ANSWER_MS = 90_000;

function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

interface ClientOptions {
  readonly next: () => Buffer | undefined;
  readonly latenciesMs: number[];
  readonly failed: string[];
}

function runClient(socket: Socket, options: ClientOptions): Promise<void> {
  const { next, latenciesMs, failed } = options;
  return new Promise((resolve, reject) => {
    let received = "";
    let from = 0;
    const send = () => {
      const request = next();
      if (request === undefined) {
        socket.destroy();
        resolve();
        return;
      }
      from = performance.now();
      socket.write(request);
    };
    socket.setEncoding("latin1");
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error("no answer")));
    socket.on("data", (piece) => {
      received += piece;
      if (!isWhole(received)) return;
      latenciesMs.push(performance.now() - from);
      if (received[SUCCESS_AT] !== "2") failed.push(received);
      received = "";
      send();
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`The server closed the connection: ${received}`)));
    send();
  });
}

/** Where the first digit of the status stands, in `HTTP/1.1 200 OK`. */
const SUCCESS_AT = 9;

/** Latin-1 text, in which a character is a byte. */
function isWhole(received: string): boolean {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd));
  if (length === null) return received.endsWith("\r\n0\r\n\r\n") || isBodyless(received);
  return received.length >= headEnd + 4 + Number(length[1]);
}

function isBodyless(received: string): boolean {
  return received.startsWith("HTTP/1.1 204");
}
