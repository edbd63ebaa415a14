// Where a web action is: `web/NS/PACKAGE/NAME[.EXTENSION][/PATH]` taken apart. Pure. Source: web-action
// specification, 1.2.

import { type EntityName, isEntityName, type QualifiedName } from "../../entities/names.ts";

export const EXTENSIONS = ["json", "html", "http", "svg", "text"] as const;
export type Extension = (typeof EXTENSIONS)[number];

export interface WebAddress {
  readonly name: QualifiedName;
  /** Whom its result is formed for; `http` where the path does not say. */
  readonly extension: Extension;
  /** What follows, as it was sent, with its first slash; empty where nothing does. */
  readonly path: string;
}

/** Stands for a namespace's actions that are in no package. */
const NO_PACKAGE = "default";
const WITH_EXTENSION = new RegExp(`^(.+)\\.(${EXTENSIONS.join("|")})$`, "s");

/** From the segments behind `web`, as they were sent. `undefined` where they are no web action's. */
export function parseWebAddress(segments: readonly string[]): WebAddress | undefined {
  if (segments.length < 3) return undefined;
  const [namespace = "", packageName = "", last = ""] = segments.slice(0, 3).map(decode);
  const [, bare = last, extension = "http"] = WITH_EXTENSION.exec(last) ?? [];
  if (!isEntityName(namespace) || !isEntityName(packageName) || !isEntityName(bare)) {
    return undefined;
  }
  return {
    name: { namespace, ...toPackage(packageName), name: bare },
    extension: extension as Extension,
    path: segments
      .slice(3)
      .map((segment) => `/${segment}`)
      .join(""),
  };
}

function toPackage(name: EntityName): Pick<QualifiedName, "package"> {
  return name === NO_PACKAGE ? {} : { package: name };
}

/** What is no percent-encoding is left as it is: it is no legal name either. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
