// The way to the platform's API without a network: what connects to the container's own loopback is
// piped to the Unix socket on which the API listens.
"use strict";

const { connect, createServer } = require("node:net");

function startForwarder(socketPath, port) {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const api = connect({ path: socketPath, allowHalfOpen: true });
    client.pipe(api).pipe(client);
    client.on("error", () => api.destroy());
    api.on("error", () => client.destroy());
    client.on("close", () => api.destroy());
  });
  // A port without a host: naming one makes Node compile its IPv6 pattern first, which takes 8 ms.
  // The container's network has its own interfaces only, so nobody else can reach them.
  server.listen({ port, exclusive: true });
  server.unref();
}

module.exports = { startForwarder };
