// The load generator as a process of its own, so that it takes no time from the bench or a server.
// One load at a time comes in as a message; its result goes back. A load that breaks off ends it.

import { type Load, runLoad } from "./http-client.ts";

process.on("message", async (load: Load) => process.send?.(await runLoad(load)));
process.on("disconnect", () => process.exit());
