// What the bodies of a PUT are read to, each checked as far as that needs nothing but itself: here, or for
// a large one on a thread of its own (body-thread.ts), with the same outcome.

import { type ActionRequest, checkActionSizes, withLargeCode } from "../entities/action-update.ts";
import { resolveComponents } from "../entities/components.ts";
import { checkSize } from "../entities/key-values.ts";
import type { EntityName } from "../entities/names.ts";
import { checkPackageSizes, type PackageRequest } from "../entities/package-update.ts";
import type { RuleRequest } from "../entities/rule-update.ts";
import type { RuntimeKind } from "../entities/runtime-manifest.ts";
import type { RuleStatus } from "../entities/trigger.ts";
import { checkTriggerSizes, type TriggerRequest } from "../entities/trigger-update.ts";
import { parsePackageBody } from "./package-schema.ts";
import { parseRuleBody, parseStatusBody } from "./rule-schema.ts";
import { parseActionBody } from "./schemas.ts";
import { parseTriggerBody } from "./trigger-schema.ts";

interface Sizes {
  readonly parameterBytesMax: number;
}

/** Plain values, which can be told another thread. */
export interface BodyRules {
  readonly action: Sizes & { readonly namespace: EntityName; readonly codeBytesMax: number };
  readonly package: Sizes & { readonly namespace: EntityName };
  readonly rule: Sizes;
  readonly status: undefined;
  readonly trigger: Sizes & { readonly kinds: readonly RuntimeKind[] };
}

export interface ParsedBodies {
  readonly action: ActionRequest;
  readonly package: PackageRequest;
  readonly rule: RuleRequest;
  readonly status: RuleStatus;
  readonly trigger: TriggerRequest;
}

export type BodyName = keyof BodyRules;

type BodyParsers = {
  readonly [Name in BodyName]: (text: string, rules: BodyRules[Name]) => ParsedBodies[Name];
};

/** Each throws an error of the catalogue where something is wrong with the text. */
export const BODY_PARSERS: BodyParsers = {
  action: (text, { namespace, ...sizes }) => {
    const request = resolveComponents(parseActionBody(text), namespace);
    checkActionSizes(request, sizes);
    return withLargeCode(request);
  },
  package: (text, { namespace, parameterBytesMax }) => {
    const request = parsePackageBody(text, namespace);
    checkPackageSizes(request, parameterBytesMax);
    return request;
  },
  rule: (text, { parameterBytesMax }) => {
    const request = parseRuleBody(text);
    checkSize("annotations", request.annotations ?? [], parameterBytesMax);
    return request;
  },
  status: parseStatusBody,
  trigger: (text, { kinds, parameterBytesMax }) => {
    const request = parseTriggerBody(text, { kinds });
    checkTriggerSizes(request, parameterBytesMax);
    return request;
  },
};
