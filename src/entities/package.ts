// Packages and bindings: the stored document. A binding is a package that stands for another one, its
// provider, and adds parameters of its own. Source: rest-api 3.2 and 8, data-model 2.3.

import type { KeyValue } from "./action.ts";
import type { EntityName, EntityPath } from "./names.ts";

/** The provider's place and name. */
export interface Binding {
  readonly namespace: EntityName;
  readonly name: EntityName;
}

/** What a plain package has in its place: an empty object, which clients rely on. */
export type NoBinding = Readonly<Record<string, never>>;

export interface Package {
  readonly namespace: EntityPath;
  readonly name: EntityName;
  readonly binding: Binding | NoBinding;
  readonly parameters: readonly KeyValue[];
  readonly annotations: readonly KeyValue[];
  /** `major.minor.patch`, from 0.0.1. */
  readonly version: string;
  /** Of a plain package: everybody may read it, and read and run its actions. */
  readonly publish: boolean;
  /** Milliseconds since the epoch, set by the server at PUT. */
  readonly updated: number;
}

/** `undefined` of a plain package. */
export function bindingOf({ binding }: Pick<Package, "binding">): Binding | undefined {
  return "name" in binding ? (binding as Binding) : undefined;
}

/** Whether others than its owner may use it: nobody's binding is, whatever it says. */
export function isShared(document: Pick<Package, "binding" | "publish">): boolean {
  return document.publish && bindingOf(document) === undefined;
}
