// Time as a dependency: what decides by the clock takes one, so that a test can move it.

export type Clock = () => number;

/** Milliseconds since the epoch. Not monotonic: for records, not for measuring. */
export const systemClock: Clock = () => Date.now();

/** Milliseconds since some moment in this process, never set back or forth: for measuring, not for records. */
export const steadyClock: Clock = () => performance.now();
