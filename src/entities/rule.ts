// Rules: the stored document. It has no status, which its trigger keeps. Source: rest-api 3.4 and 7.3,
// data-model 2.5.

import type { KeyValue } from "./action.ts";
import { type EntityName, type EntityPath, fromPath, type QualifiedName, toPath } from "./names.ts";

/** How documents name one another: `{"path": "ns[/package]", "name": "n"}`. */
export interface EntityReference {
  readonly path: EntityPath;
  readonly name: EntityName;
}

export interface Rule {
  readonly namespace: EntityPath;
  readonly name: EntityName;
  readonly trigger: EntityReference;
  readonly action: EntityReference;
  /** `major.minor.patch`, from 0.0.1. */
  readonly version: string;
  readonly publish: boolean;
  readonly annotations: readonly KeyValue[];
  /** Milliseconds since the epoch, set by the server at PUT. */
  readonly updated: number;
}

export function toReference(name: QualifiedName): EntityReference {
  return { path: toPath(name), name: name.name };
}

export function fromReference({ path, name }: EntityReference): QualifiedName {
  return { ...fromPath(path), name };
}
