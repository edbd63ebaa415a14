// Rows of a list, as long as they are no more than anybody may have at a time: a page of the largest
// would be gigabytes, and all of it in memory several times over.

import { failure } from "../../kernel/errors.ts";

export interface BoundedBy<Row> {
  readonly lengthOf: (row: Row) => number;
  /** Characters of all rows. */
  readonly lengthMax: number;
}

/** Throws `too-large` as soon as it is. */
export function takeBounded<Row>(
  rows: Iterable<Row>,
  { lengthOf, lengthMax }: BoundedBy<Row>,
): readonly Row[] {
  const taken: Row[] = [];
  let length = 0;
  for (const row of rows) {
    length += lengthOf(row);
    if (length > lengthMax) {
      const field = "The list, of which a lower limit asks for less, is";
      throw failure("too-large", { field, is: length, allowed: lengthMax });
    }
    taken.push(row);
  }
  return taken;
}
