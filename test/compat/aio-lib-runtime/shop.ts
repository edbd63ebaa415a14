// The app in `app/`, in a directory of its own, and Adobe's deployer that builds and deploys it from its
// manifest. The deployer works in the current directory, as its users call it in their app's. Its versions
// from 7.0.1 on cannot be loaded beside TypeScript 7: a dependency of theirs wants an earlier one's interface.

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chdir, cwd } from "node:process";
import { fileURLToPath } from "node:url";
import { type Json, OWN, putAction } from "../../api/fixture.ts";
import type { Brisk } from "../../harness.ts";

type Log = (line: string) => void;

interface Action {
  readonly name: string;
  /** Where the deployer tells its user to call it. */
  readonly url?: string;
}
interface Entities {
  readonly actions: readonly Action[];
}
interface Manifest {
  readonly packages: Readonly<
    Record<string, { readonly actions: Record<string, { function: string }> }>
  >;
}

/** The part of its interface that is used here; its own types name not all of it. */
interface Deployer {
  init(options: Json): Promise<unknown>;
  buildActions(config: Json): Promise<readonly string[]>;
  deployActions(config: Json, options: Json, log: Log): Promise<Entities>;
  undeployActions(config: Json, log: Log): Promise<void>;
  printActionLogs(config: Json, log: Log, ...rest: unknown[]): Promise<unknown>;
  readonly utils: {
    setPaths(options: Json): { readonly manifestContent: Manifest };
    processPackage(...parts: unknown[]): Entities;
    syncProject(...parts: unknown[]): Promise<void>;
  };
}

export interface Shop extends AsyncDisposable {
  /** What the deployer told its user. */
  readonly lines: string[];
  /** Changes one of the app's files. */
  edit(path: string, change: (text: string) => string): Promise<void>;
  /** Builds and deploys what changed since; the actions of it. */
  deploy(): Promise<readonly Action[]>;
  /** As a managed project: what left the manifest leaves the namespace. */
  sync(): Promise<void>;
  undeploy(): Promise<void>;
  /** Tells the output of that action's last activation. */
  printLogs(action: string): Promise<void>;
}

const deployer = createRequire(import.meta.url)("@adobe/aio-lib-runtime") as Deployer;
const APP = fileURLToPath(new URL("app", import.meta.url));
const MANIFEST = "manifest.yml";
const BUILT = "dist/actions";
const PROJECT = "shop";

/** A package beside the app's, which it binds and has a feed of. */
export async function putCatalog(brisk: Brisk): Promise<void> {
  const body = { publish: true, parameters: [{ key: "greeting", value: "hello" }] };
  await brisk.request("PUT", `${OWN}/packages/catalog`, { body });
  const greet = "exports.main = ({ greeting }) => ({ greeting })";
  await putAction(brisk, { name: "catalog/greet", code: greet });
  const annotations = [{ key: "feed", value: true }];
  await putAction(brisk, {
    name: "catalog/changes",
    code: "exports.main = (args) => args",
    annotations,
  });
}

export async function openShop({
  url,
  auth,
  namespace,
}: Pick<Brisk, "url" | "auth" | "namespace">): Promise<Shop> {
  const before = cwd();
  const root = await mkdtemp(join(tmpdir(), "brisk-shop-"));
  await cp(APP, root, { recursive: true });
  chdir(root);
  const lines: string[] = [];
  const log: Log = (line) => lines.push(line);
  // By this name the deployer knows that it is not to be called by https.
  const apihost = url.replace("127.0.0.1", "localhost");
  const toConfig = (): Json => ({
    app: {
      hasBackend: true,
      hasFrontend: false,
      version: "1.0.0",
      hostname: "",
      defaultHostname: "",
    },
    // The default is where most of its users are, and not here.
    ow: { apihost, defaultApihost: "https://default.invalid", apiversion: "v1", auth, namespace },
    actions: { src: join(root, "actions"), dist: join(root, BUILT) },
    manifest: { src: join(root, MANIFEST), full: readManifest(), packagePlaceholder: "__APP__" },
    root,
  });
  return {
    lines,
    edit: async (path, change) => writeFile(path, change(await readFile(path, "utf8"))),
    deploy: async () => {
      await deployer.buildActions(toConfig());
      return (await deployer.deployActions(toConfig(), {}, log)).actions;
    },
    sync: async () => {
      await deployer.buildActions(toConfig());
      const client = await deployer.init({ apihost, api_key: auth, namespace });
      const { packages } = withBuilt(readManifest());
      const entities = deployer.utils.processPackage(packages, {}, {}, {});
      const text = await readFile(MANIFEST, "utf8");
      await deployer.utils.syncProject(PROJECT, MANIFEST, text, entities, client, log);
    },
    undeploy: () => deployer.undeployActions(toConfig(), log),
    printLogs: async (action) => {
      await deployer.printActionLogs(toConfig(), log, 1, [action], true);
    },
    [Symbol.asyncDispose]: async () => {
      chdir(before);
      await rm(root, { recursive: true, force: true });
    },
  };
}

function readManifest(): Manifest {
  return deployer.utils.setPaths({ manifest: MANIFEST }).manifestContent;
}

/** `deployActions` replaces each source by what was built of it; whoever syncs has to do so himself. */
function withBuilt(manifest: Manifest): Manifest {
  for (const [packageName, { actions }] of Object.entries(manifest.packages)) {
    for (const [name, action] of Object.entries(actions)) {
      action.function = `${BUILT}/${packageName}/${name}.zip`;
    }
  }
  return manifest;
}
