// What is made of many measured values: percentiles, and the one line that a table shows of them.

export interface Measured {
  /** What was measured, in the table's words. */
  readonly label: string;
  readonly unit: "ms" | "MB";
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly samples: number;
  /** Requests a second, where they were sent as fast as they were answered. */
  readonly perSecond?: number;
}

export interface MeasuredOptions {
  readonly label: string;
  readonly unit: Measured["unit"];
  /** In which all values were measured together; absent where they were measured one by one. */
  readonly elapsedMs?: number;
}

export function summarize(values: readonly number[], options: MeasuredOptions): Measured {
  const { label, unit, elapsedMs } = options;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  const measured = { label, unit, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  const samples = sorted.length;
  if (elapsedMs === undefined) return { ...measured, samples };
  return { ...measured, samples, perSecond: (samples / elapsedMs) * 1000 };
}
