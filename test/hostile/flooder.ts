// A client of its own thread that sends as many non-blocking invocations as it is told, as fast as they
// are taken: in the thread of a test it would slow what the test measures.

import { once } from "node:events";
import { Agent, request } from "node:http";
import { parentPort, Worker, workerData } from "node:worker_threads";

export interface Order {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
}

const CONNECTIONS = 16;

/** How many were accepted. */
export async function flood(order: Order): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: order });
  const [accepted] = await once(worker, "message");
  await worker.terminate();
  return accepted as number;
}

async function sendAll({ url, headers, count }: Order): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let accepted = 0;
  let left = count;
  const client = async () => {
    while (left-- > 0) {
      const sent = request(url, { method: "POST", headers, agent }).end();
      const [response] = await once(sent, "response");
      if (response.statusCode === 202) accepted++;
      await once(response.resume(), "end");
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  return accepted;
}

if (parentPort !== null) parentPort.postMessage(await sendAll(workerData as Order));
