// A client of its own thread that sends as many requests as it is told, as fast as they are taken: in the
// thread of a test it would slow what the test measures.

import { once } from "node:events";
import { Agent, request } from "node:http";
import { parentPort, Worker, workerData } from "node:worker_threads";

export interface Order {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
  /** `POST` unless given. */
  readonly method?: string;
  /** Of the code of an action, which is the body; none unless given. */
  readonly codeLength?: number;
  readonly connections: number;
}

/** How many were answered with a status below 300. */
export async function flood(order: Order): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: order });
  const [accepted] = await once(worker, "message");
  await worker.terminate();
  return accepted as number;
}

async function sendAll(order: Order): Promise<number> {
  const { url, headers, count, method = "POST", connections } = order;
  const body = order.codeLength === undefined ? undefined : toBody(order.codeLength);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let accepted = 0;
  let left = count;
  const client = async () => {
    while (left-- > 0) {
      const sent = request(url, { method, headers, agent }).end(body);
      const [response] = await once(sent, "response");
      if (response.statusCode < 300) accepted++;
      await once(response.resume(), "end");
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  agent.destroy();
  return accepted;
}

function toBody(codeLength: number): Buffer {
  const line = '// some code, with a "quote"\n';
  const code = line.repeat(codeLength / line.length);
  return Buffer.from(JSON.stringify({ exec: { kind: "nodejs:24", code } }));
}

if (parentPort !== null) parentPort.postMessage(await sendAll(workerData as Order));
