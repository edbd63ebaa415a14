// Units that defaults and bounds are written in, so that a number reads as what it means.

export const KB: number = 1024;
export const MB: number = 1024 * KB;
export const GB: number = 1024 * MB;

export const SECOND_MS: number = 1000;
export const MINUTE_MS: number = 60 * SECOND_MS;
export const HOUR_MS: number = 60 * MINUTE_MS;
