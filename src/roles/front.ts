// The platform's front: the API over a controller's parts.

import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createActionRoutes } from "../api/actions.ts";
import { createActivationRoutes } from "../api/activations.ts";
import { type BuildInfo, createApiInfo, createSystemInfo } from "../api/info.ts";
import type { InvokerStates } from "../api/invokers.ts";
import { createNamespaceRoutes } from "../api/namespaces.ts";
import { createPackageRoutes } from "../api/packages.ts";
import { createRuleRoutes } from "../api/rules.ts";
import { type Api, createApi } from "../api/server.ts";
import { createTriggerRoutes } from "../api/triggers.ts";
import type { Viewer } from "../api/viewer.ts";
import { createWebActions } from "../api/web/web-actions.ts";
import { createAuthenticator } from "../entitlement/authenticator.ts";
import { systemClock } from "../kernel/clock.ts";
import type { Controller, ControllerNeeds } from "./controller.ts";

type Shared = "limits" | "runtimes" | "stores" | "idempotency" | "log";

export type FrontNeeds = Pick<ControllerNeeds, Shared> &
  Pick<Controller, "registries" | "throttles" | "invocations" | "firings"> & {
    readonly invokers: InvokerStates;
  };

export function openFront(needs: FrontNeeds): Api {
  const { limits, runtimes, stores, registries, throttles, invocations, log } = needs;
  const { firings, idempotency, invokers } = needs;
  const { actions, packages, triggers, rules } = registries;
  const { manifest } = runtimes;
  const routes = [
    ...createActionRoutes({ registry: actions, throttles, invocations, idempotency, limits }),
    ...createTriggerRoutes({ triggers, firings, throttles, idempotency, limits, manifest }),
    ...createRuleRoutes({ rules, limits }),
    ...createPackageRoutes({ registry: packages, limits }),
    ...createActivationRoutes(stores.activations),
    ...createNamespaceRoutes(limits),
  ];
  const authenticator = createAuthenticator(stores.subjects);
  const web = { registry: actions, authenticator, throttles, invocations, limits };
  const subtrees = [createWebActions(web)];
  const build = readBuild();
  let viewer: Viewer | undefined;
  return createApi({
    routes,
    subtrees,
    authenticator,
    systemInfo: createSystemInfo(manifest, limits),
    apiInfo: createApiInfo(build),
    openApi: async (of) => {
      const { createOpenApi } = await import("../api/openapi.ts");
      const { version } = build;
      if (of === "outside") {
        const { OUTSIDE_DESCRIPTIONS } = await import("../api/outside-descriptions.ts");
        return createOpenApi(OUTSIDE_DESCRIPTIONS, { version, server: "/" });
      }
      const described = [...routes, ...subtrees.flatMap(({ descriptions }) => descriptions)];
      return createOpenApi(described, { version, server: "/api/v1" });
    },
    viewer: async () => {
      const { Viewer } = await import("../api/viewer.ts");
      viewer ??= new Viewer();
      return viewer;
    },
    invokers,
    clock: systemClock,
    log,
  });
}

/** Sources and built package stand equally deep below the package's own description. */
function readBuild(): BuildInfo {
  const file = fileURLToPath(new URL("../../package.json", import.meta.url));
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return { version, build: statSync(file).mtime.toISOString() };
}
