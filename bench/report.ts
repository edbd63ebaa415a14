// The bench's results as people and programs read them.

import { cpus, release, totalmem } from "node:os";
import type { Budget, Figure } from "./figure.ts";
import type { Measured } from "./statistics.ts";

const BYTES_IN_GB = 1024 ** 3;

export function describeMachine(): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / BYTES_IN_GB)} GB`;
  const cores = `${cpus().length} cores of ${first?.model.trim() ?? "an unknown processor"}`;
  return `${cores}, ${memory}, Linux ${release()}, Node ${process.version}`;
}

/** A Markdown table, which is also what a terminal shows. */
export function toTable(figures: readonly Figure[]): string {
  const rows = [
    ["figure", "value", "budget", "", "measured: p50 / p95 / p99", "beside it: p50 / p95 / p99"],
    ...figures.map((figure) => [
      figure.name,
      showValue(figure),
      figure.budget === undefined ? "" : showBudget(figure.budget),
      figure.budget === undefined ? "" : figure.met ? "met" : "MISSED",
      showMeasured(figure.ours),
      figure.baseline === undefined ? "" : showMeasured(figure.baseline),
    ]),
  ];
  const widths =
    rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  const lines = rows.map(
    (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`,
  );
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const notes = figures.flatMap(({ name, note }) =>
    note === undefined ? [] : `- ${name}: ${note}`,
  );
  return [...lines.slice(0, 1), rule, ...lines.slice(1), "", ...notes].join("\n");
}

function showValue({ value, budget, ours }: Figure): string {
  const unit = budget === undefined || budget.unit === "×" ? "×" : ours.unit;
  return `${showNumber(value)} ${unit}`;
}

function showBudget({ bound, value, unit }: Budget): string {
  return `${bound === "at most" ? "≤" : "≥"} ${value} ${unit}`;
}

function showMeasured({ label, unit, p50, p95, p99, perSecond }: Measured): string {
  const rate = perSecond === undefined ? "" : `, ${Math.round(perSecond).toLocaleString("en")}/s`;
  return `${label}: ${[p50, p95, p99].map(showNumber).join(" / ")} ${unit}${rate}`;
}

/** Three digits that count. */
function showNumber(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
