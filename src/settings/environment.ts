// The environment, read once and handed out as a plain value: `src/settings` is the only folder that
// looks at `process.env`, so that everything a variable can change is found here.

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's variables as they are; a copy, so that nobody changes them for others. */
export function readEnvironment(): Environment {
  return { ...process.env };
}
