// Lines of an activation's log: `2025-11-24T16:19:02.123456789Z stdout: text`.

const MARK = /^\d{4}-\d\d-\d\dT[\d:.]+Z +(stdout|stderr): ?/;

/** Only what the action printed. */
export function stripLine(line: string): string {
  return line.replace(MARK, "");
}
