// The bus's topics on one machine: who hears what.

export const TOPICS = {
  /** Activations that run in a container. */
  invoker: "invoker0",
  /** Sequences and compositions. */
  coordinator: "coordinator0",
  /** Ends of activations, for the controller that accepted them. */
  completions: "completed0",
  /** Activations that have failed for the last time. */
  deadLetters: "dead-letters0",
} as const;
