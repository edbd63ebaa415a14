// One line of the bench's table: what was measured, against what, and whether it is within budget.

import type { LoadGenerator } from "./load-generator.ts";
import type { Measured } from "./statistics.ts";

export interface Budget {
  readonly bound: "at most" | "at least";
  readonly value: number;
  /** `×` for a ratio to the baseline, else the unit of what was measured. */
  readonly unit: "×" | "ms" | "MB";
}

export interface Figure {
  readonly name: string;
  readonly ours: Measured;
  readonly baseline?: Measured;
  /** The ratio to the baseline, or what was measured itself. */
  readonly value: number;
  /** Absent where the figure only explains another one. */
  readonly budget?: Budget;
  readonly met: boolean;
  readonly note?: string;
}

/** What every figure is measured with. */
export interface Bench {
  /** On the disk that is measured; removed afterwards. */
  readonly directory: string;
  /** Fewer repetitions, less stored: for a look, not for the record. */
  readonly quick: boolean;
  readonly loads: LoadGenerator;
  /** Another `brisk` than the checkout's: what an earlier version measured on this machine today. */
  readonly program?: string;
}

type FigureParts = Omit<Figure, "value" | "met">;

/** Compares medians. */
export function toLatencyFigure(parts: FigureParts): Figure {
  const { ours, baseline, budget } = parts;
  return judge(parts, budget?.unit === "×" ? ours.p50 / (baseline?.p50 ?? Number.NaN) : ours.p50);
}

/** Compares requests a second. */
export function toRateFigure(parts: FigureParts): Figure {
  const { ours, baseline } = parts;
  return judge(parts, (ours.perSecond ?? Number.NaN) / (baseline?.perSecond ?? Number.NaN));
}

function judge(parts: FigureParts, value: number): Figure {
  const { budget } = parts;
  if (budget === undefined) return { ...parts, value, met: true };
  const met = budget.bound === "at most" ? value <= budget.value : value >= budget.value;
  return { ...parts, value, met };
}
