// The baseline of an invocation, "hop": a bare Node HTTP server that passes the body as a line over a
// Unix socket to one child process running the same function, and its answer back. Nothing is
// checked, kept or limited: it is what any platform of this shape has to pay.

import { fork } from "node:child_process";
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Socket } from "node:net";

const [socketPath = ""] = process.argv.slice(2);
const waiting: ServerResponse[] = [];

const sockets = createSocketServer((socket) => {
  passAnswers(socket);
  const server = createHttpServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
    });
    request.on("end", () => {
      waiting.push(response);
      socket.write(`${body}\n`);
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
});
sockets.listen(socketPath, () => {
  const child = fork(new URL("./hop-child.ts", import.meta.url), [socketPath]);
  process.on("disconnect", () => {
    child.kill();
    process.exit();
  });
});

/** The child answers in the order in which it is asked. */
function passAnswers(socket: Socket): void {
  let received = "";
  socket.setEncoding("utf8");
  socket.on("data", (piece) => {
    const lines = (received + piece).split("\n");
    received = lines.pop() ?? "";
    for (const line of lines) {
      waiting.shift()?.writeHead(200, { "content-type": "application/json" }).end(line);
    }
  });
}
