// The load generator as a process of its own, so that it takes no time from the bench or a server.
// One load at a time comes in as a message; its result goes back.

import { type Load, runLoad } from "./http-client.ts";

process.on("message", (load: Load) => {
  runLoad(load).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
