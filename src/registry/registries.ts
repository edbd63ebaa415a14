// All registries over one store: what they share is made here, once.

import { Turns } from "../kernel/turns.ts";
import { MB } from "../kernel/units.ts";
import {
  type ActionRegistry,
  type ActionRegistryOptions,
  createActionRegistry,
} from "./actions.ts";
import { createPackageRegistry, type PackageRegistry } from "./packages.ts";
import { Remembered } from "./remembered.ts";
import type { ResolvedAction } from "./remembered-actions.ts";
import { createRuleRegistry, type RuleRegistry } from "./rules.ts";
import { createTriggerRegistry, type RememberedTrigger, type TriggerRegistry } from "./triggers.ts";

/** Of actions, without their code: some 10,000 common ones. */
const ACTION_CHARACTERS_MAX = 32 * MB;
/** Of triggers: some 10,000 with a few rules each. */
const TRIGGER_CHARACTERS_MAX = 8 * MB;

export interface Registries {
  readonly actions: ActionRegistry;
  readonly packages: PackageRegistry;
  readonly triggers: TriggerRegistry;
  readonly rules: RuleRegistry;
}

export function createRegistries(options: Omit<ActionRegistryOptions, "remembered">): Registries {
  const { entities, clock } = options;
  const remembered = new Remembered<ResolvedAction>({ charactersMax: ACTION_CHARACTERS_MAX });
  const triggers = new Remembered<RememberedTrigger>({ charactersMax: TRIGGER_CHARACTERS_MAX });
  const turns = new Turns();
  const actions = createActionRegistry({ ...options, remembered });
  return {
    actions,
    packages: createPackageRegistry({ entities, clock, remembered }),
    triggers: createTriggerRegistry({ entities, remembered: triggers, turns, clock }),
    rules: createRuleRegistry({ entities, actions, remembered: triggers, turns, clock }),
  };
}
