// All registries over one store: what they share is made here, once.

import { Turns } from "../kernel/turns.ts";
import {
  type ActionRegistry,
  type ActionRegistryOptions,
  createActionRegistry,
} from "./actions.ts";
import { createPackageRegistry, type PackageRegistry } from "./packages.ts";
import { RememberedActions } from "./remembered-actions.ts";
import { createRuleRegistry, type RuleRegistry } from "./rules.ts";
import { createTriggerRegistry, type TriggerRegistry } from "./triggers.ts";

export interface Registries {
  readonly actions: ActionRegistry;
  readonly packages: PackageRegistry;
  readonly triggers: TriggerRegistry;
  readonly rules: RuleRegistry;
}

export function createRegistries(options: Omit<ActionRegistryOptions, "remembered">): Registries {
  const { entities, clock } = options;
  const remembered = new RememberedActions();
  const turns = new Turns();
  const actions = createActionRegistry({ ...options, remembered });
  return {
    actions,
    packages: createPackageRegistry({ entities, clock, remembered }),
    triggers: createTriggerRegistry({ entities, turns, clock }),
    rules: createRuleRegistry({ entities, actions, turns, clock }),
  };
}
