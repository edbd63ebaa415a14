// Time as a dependency: what decides by the clock takes one, so that a test can move it.

/** Milliseconds since the epoch. Not monotonic: for records, not for measuring. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
