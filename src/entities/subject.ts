// Who calls: subjects, the namespaces they hold keys for, and the identity behind one key.

import type { NamespaceLimits } from "./limits.ts";
import type { EntityName } from "./names.ts";

/** Of a key, in characters: OpenWhisk refuses requests with any other. */
export const KEY_LENGTH = 64;

export interface SubjectNamespace {
  readonly name: EntityName;
  readonly uuid: string;
  /** Of `KEY_LENGTH`. Never logged, never listed. */
  readonly key: string;
}

/** A document of `subjects` (data-model specification, section 7). */
export interface Subject {
  readonly subject: string;
  readonly namespaces: readonly SubjectNamespace[];
  readonly blocked?: boolean;
}

/** What a valid key stands for: one subject in one namespace, with that namespace's limits. */
export interface Identity {
  readonly subject: string;
  readonly namespace: { readonly name: EntityName; readonly uuid: string };
  /** `uuid:key`. A secret: handed to actions that may have it, otherwise kept from everyone. */
  readonly apiKey: string;
  readonly limits: NamespaceLimits;
}
