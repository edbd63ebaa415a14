// Tables with a line of titles, each column as wide as its widest cell.

/** `least` gives columns a width that they have in any case. */
export function formatTable(
  [header, ...rows]: readonly [readonly string[], ...(readonly (readonly string[])[])],
  least: readonly number[] = [],
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, least[column] ?? 0, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [header, ...rows]
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" "))
    .map((line) => line.trimEnd())
    .join("\n");
}
