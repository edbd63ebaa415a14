// Accepting invocations that nobody waits for, against the same bytes made durable.

import type { EntityName } from "../../src/entities/names.ts";
import { createActivationId, createSecret, createTransactionId } from "../../src/kernel/ids.ts";
import { toRawJson } from "../../src/kernel/json.ts";
import { encodeActivation } from "../../src/messages/activation-message.ts";
import { type Appender, startAppender } from "../baselines.ts";
import { type Bench, type Figure, toRateFigure } from "../figure.ts";
import { toRequestText } from "../http-client.ts";
import {
  BENCH_ARGUMENTS,
  createAction,
  type Platform,
  startPlatform,
  toInvocation,
  waitUntilStored,
  warmUp,
} from "../platform.ts";
import { openRoom } from "../room.ts";
import { measureInTurns } from "../rounds.ts";

const CLIENTS = 32;

export async function measureAccept(bench: Bench): Promise<readonly Figure[]> {
  using room = openRoom(bench.directory);
  await using appender = await startAppender(room.path, messageBytes());
  // More may be accepted in a turn than one namespace may have in flight by the standard.
  await using platform = await startPlatform(bench, room, ["--concurrent-invocations", "1000000"]);
  await createAction(platform, "accepted");
  const [ours, raw, overHttp] = await compare(bench, { platform, appender });
  return [
    toRateFigure({
      name: `non-blocking accept, ${CLIENTS} clients, rate`,
      ours,
      baseline: raw,
      budget: { bound: "at least", value: 0.5, unit: "×" },
      note: `${messageBytes()} bytes a message; the accepted activations run meanwhile on the same cores`,
    }),
    toRateFigure({
      name: "the same against a bare HTTP server that appends",
      ours,
      baseline: overHttp,
    }),
  ];
}

interface Contenders {
  readonly platform: Platform;
  readonly appender: Appender;
}

async function compare(bench: Bench, { platform, appender }: Contenders) {
  const load = { clients: CLIENTS, durationMs: bench.quick ? 400 : 1500 };
  const briskLoad = {
    ...load,
    port: platform.port,
    requests: [toInvocation(platform, "accepted", false)],
  };
  const body = JSON.stringify(BENCH_ARGUMENTS);
  const httpLoad = {
    ...load,
    port: appender.port,
    requests: [toRequestText({ method: "POST", path: "/", body })],
  };
  let accepted = 0;
  const accept = async () => {
    const result = await bench.loads.run(briskLoad);
    accepted += result.latenciesMs.length;
    return result;
  };
  const drained = () => waitUntilStored(platform, accepted);
  await warmUp(platform, async () => {
    await accept();
    await drained();
  });
  return measureInTurns(bench.quick ? 3 : 8, [
    {
      label: `non-blocking, ${CLIENTS} clients`,
      turn: async () => {
        const result = await accept();
        // What runs on would be measured as slowness of the others.
        await drained();
        return result;
      },
    },
    {
      label: `append and sync, ${CLIENTS} writers`,
      turn: () => appender.append({ writers: CLIENTS, durationMs: load.durationMs }),
    },
    { label: `append over HTTP, ${CLIENTS} clients`, turn: () => bench.loads.run(httpLoad) },
  ]);
}

/** What one accepted invocation is on the bus. */
function messageBytes(): number {
  return encodeActivation({
    activationId: createActivationId(),
    transaction: [createTransactionId(), Date.now()],
    action: { id: "guest/accepted", revision: createTransactionId(), version: "0.0.1" },
    user: {
      subject: "guest",
      namespace: { name: "guest" as EntityName, uuid: crypto.randomUUID() },
      apiKey: `${crypto.randomUUID()}:${createSecret(KEY_LENGTH)}`,
      limits: {},
    },
    replyTo: "completed-controller0",
    blocking: false,
    initKeys: [],
    content: toRawJson(BENCH_ARGUMENTS),
  }).toText().length;
}

const KEY_LENGTH = 64;
