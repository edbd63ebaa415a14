// The parts of `brisk up`, wired: stores, bus, runtimes and driver side by side, then what stands on
// them, then the API in front.

import { join } from "node:path";
import type { Api } from "../api/server.ts";
import { openJournalBus } from "../bus/journal.ts";
import type { Bus } from "../bus/port.ts";
import type { ContainerDriver } from "../drivers/port.ts";
import type { SystemLimits } from "../entities/limits.ts";
import type { RuntimeManifest } from "../entities/runtime-manifest.ts";
import { type Blocklist, createBlocklist } from "../entitlement/blocklist.ts";
import { IdempotencyKeys } from "../invocation/idempotency-keys.ts";
import { Invoker } from "../invoker/invoker.ts";
import { steadyClock, systemClock } from "../kernel/clock.ts";
import type { BriskError } from "../kernel/errors.ts";
import { SECOND_MS } from "../kernel/units.ts";
import { ContainerPool } from "../pool/pool.ts";
import { openPublicDirectory } from "../runtimes/public-directory.ts";
import { openRuntimes, type Runtimes } from "../runtimes/runtimes.ts";
import { SettingError } from "../settings/parse.ts";
import type { Settings } from "../settings/settings.ts";
import { openSqliteStores, type SqliteStores } from "../stores/sqlite/open.ts";
import type { Retention } from "../stores/sqlite/pruning.ts";
import { createLocalStreams } from "../streams/local.ts";
import type { Streams } from "../streams/port.ts";
import type { Log } from "../telemetry/log.ts";
import { openDriver } from "./adapters.ts";
import { openController } from "./controller.ts";
import type { DataDirectory } from "./data-directory.ts";
import { openFront } from "./front.ts";
import { findGuestKey } from "./guest.ts";
import { toSystemLimits, toTriesMax } from "./system-limits.ts";
import { TOPICS } from "./topics.ts";

export interface PlatformNeeds {
  readonly settings: Settings;
  readonly data: DataDirectory;
  readonly log: Log;
  /** Hears where the disk failed: nothing is kept any more then, and only another start helps. */
  readonly broken: (cause: BriskError) => void;
}

export interface Platform extends AsyncDisposable {
  readonly url: string;
  /** Takes up work: what an earlier process left comes first. */
  begin(): void;
  /** Stops accepting, waits for what runs, answers whoever waits. */
  stop(): Promise<void>;
}

const STEM_CELL_MB = 256;
/** By then everything is answered: what is still open is a client that does not read. */
const CLOSE_WAIT_MS = SECOND_MS;

export async function openPlatform(needs: PlatformNeeds): Promise<Platform> {
  await using cleanup = new AsyncDisposableStack();
  const { settings, data, log, broken } = needs;
  const limits = toSystemLimits(settings);
  const publicDirectory = cleanup.use(openPublicDirectory(data.path));
  const apiSocket = join(publicDirectory.sockets, "api.sock");
  const storesOpening = openSqliteStores(data.path, {
    log,
    retention: toRetention(settings),
    broken,
  });
  const stemCells = [{ initialCount: settings.stemCells, memoryMb: STEM_CELL_MB }];
  let url = "";
  // As one, so that the stores are closed also where the runtimes find no room.
  const openRuntimesAndDriver = async () => {
    const runtimes = openRuntimes({
      dataDirectory: data.path,
      publicFiles: publicDirectory.files,
      stemCells,
    });
    const { driver, notices } = await openDriver({
      settings,
      dataDirectory: data.path,
      publicDirectory,
      apiSocket,
      launches: runtimes.launches,
      apiHost: () => url,
    });
    const close = () => driver[Symbol.asyncDispose]();
    return { runtimes, driver, notices, [Symbol.asyncDispose]: close };
  };
  const [stores, opened] = await all(cleanup, [storesOpening, openRuntimesAndDriver()]);
  for (const notice of opened.notices) log.warn(notice);
  const bus = cleanup.use(openBus(needs));
  const streams = createLocalStreams();
  const { driver, runtimes } = opened;
  const isBlocked = createBlocklist(stores.subjects);
  const keeping = { keys: stores.idempotency, activations: stores.activations };
  const idempotency = cleanup.use(new IdempotencyKeys({ ...keeping, clock: systemClock, log }));
  const shared = { settings, limits, runtimes, stores, bus, streams, idempotency };
  const parts = { ...shared, driver, isBlocked, log };
  const { invoker, pool } = openExecution(parts, cleanup);
  const controller = openController(parts, cleanup);
  await idempotency.recover(() => bus.unfinished());
  const invokers = () => ({ [`${TOPICS.invoker}/0`]: invoker.state });
  const api = openFront({ ...parts, ...controller, invokers });
  cleanup.defer(() => api.close(0));
  url = await listen(api, { settings, apiSocket });
  await tell(needs, { stores, url });
  const owned = cleanup.move();
  return {
    url,
    begin: () => {
      pool.prewarm();
      invoker.start();
      controller.begin();
    },
    stop: async () => {
      api.refuse();
      const waitMs = settings.stopWait * SECOND_MS;
      // Side by side: the parts of what has begun still run.
      await Promise.all([controller.stop(waitMs), invoker.stop(waitMs)]);
      controller.releaseWaiting();
      await api.close(CLOSE_WAIT_MS);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function toRetention({ activationRetention, activationsMax }: Settings): Retention {
  return { activationAgeMs: activationRetention * SECOND_MS, activationsMax };
}

/** Opened side by side; where one fails, the others are closed. */
async function all<First extends AsyncDisposable, Second extends AsyncDisposable>(
  cleanup: AsyncDisposableStack,
  opening: [Promise<First>, Promise<Second>],
): Promise<[First, Second]> {
  const results = await Promise.allSettled(opening);
  for (const result of results) if (result.status === "fulfilled") cleanup.use(result.value);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return Promise.all(opening);
}

function openBus({ settings, data, broken }: PlatformNeeds): Bus {
  return openJournalBus({
    directory: join(data.path, "bus"),
    broken,
    messagesMax: settings.busMessages,
    bytesMax: settings.busBytes,
    clock: systemClock,
  });
}

interface Parts {
  readonly settings: Settings;
  readonly limits: SystemLimits;
  readonly runtimes: Runtimes;
  readonly stores: SqliteStores;
  readonly bus: Bus;
  readonly streams: Streams;
  readonly idempotency: IdempotencyKeys;
  readonly driver: ContainerDriver;
  readonly isBlocked: Blocklist;
  readonly log: Log;
}

function openExecution(parts: Parts, cleanup: AsyncDisposableStack) {
  const { settings, limits, runtimes, stores, bus, streams, idempotency } = parts;
  const { driver, isBlocked, log } = parts;
  const pool = cleanup.use(
    new ContainerPool({
      driver,
      memoryMb: settings.memory,
      startsMax: settings.containerStarts,
      idleTimeoutMs: settings.idleTimeout * SECOND_MS,
      network: settings.network !== "off",
      stemCells: toStemCells(runtimes.manifest),
      clock: steadyClock,
      log,
    }),
  );
  const invoker = cleanup.use(
    new Invoker({
      id: TOPICS.invoker,
      deadLetters: TOPICS.deadLetters,
      bus,
      pool,
      ...stores,
      idempotency,
      streams,
      limits,
      isBlocked,
      restartWorkAgeMs: settings.restartWorkAge * SECOND_MS,
      triesMax: toTriesMax(settings),
      clock: systemClock,
      log,
    }),
  );
  return { pool, invoker };
}

function toStemCells({ kinds }: RuntimeManifest) {
  return kinds.flatMap(({ kind, stemCells }) => stemCells.map((cell) => ({ ...cell, kind })));
}

async function listen(
  api: Api,
  { settings, apiSocket }: { settings: Settings; apiSocket: string },
): Promise<string> {
  const { host, port } = settings;
  // One after the other: a port that is taken must leave nothing open, or the process would not end.
  const url = await api.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => {
    const advice = ADVICE[cause.code ?? ""] ?? cause.message;
    throw new SettingError(`Cannot listen on ${host}, port ${port}: ${advice}`, { cause });
  });
  await api.listenSocket(apiSocket);
  return url;
}

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is taken; --port chooses another, 0 a free one",
  EACCES: "ports below 1024 need root; --port chooses another",
  EADDRNOTAVAIL: "this machine has no such address; --host chooses another",
  ENOTFOUND: "there is no such host; --host chooses another",
};

async function tell(
  { data, log }: PlatformNeeds,
  { stores, url }: { stores: SqliteStores; url: string },
): Promise<void> {
  const key = await findGuestKey(stores.subjects);
  data.tellHolder(url);
  if (key === undefined) log.info("there is no subject guest; wskprops is left as it is");
  else data.writeProperties({ APIHOST: url, AUTH: key, NAMESPACE: "guest" });
  log.info({ url, data: data.path }, "the platform is ready");
}
