/** A part of each row, as the library is asked for it: from `start` so many numbers, by axis. */
export interface Box {
  start: number[];
  count: number[];
}

/** How many numbers there are in a shape. */
export const numbersIn = (shape: number[]): number => shape.reduce((all, length) => all * length, 1);

/**
 * Divides rows into boxes of whole chunks, as many to a box as may be in memory at once; a chunk that is larger is one box.
 * They grow along the last axis first: what lies side by side in a row stays so.
 * @param row the shape of a row.
 * @param chunk that of a chunk of it.
 * @param most numbers of a row that may be in memory.
 */
export function boxesOf(row: number[], chunk: number[], most: number): Box[] {
  const count = row.map((length, axis) => Math.min(length, chunk[axis] ?? 1));
  for (let axis = row.length - 1; axis >= 0; axis--) {
    const [length = 1, inChunk = 1] = [row[axis], count[axis]];
    const chunks = Math.max(1, Math.floor(most / numbersIn(count)));
    const grown = Math.min(length, inChunk * chunks);
    count[axis] = grown;
    if (grown < length) break;
  }
  const places = row.map((length, axis) => {
    const each = count[axis] ?? 1;
    const starts = Array.from({ length: Math.ceil(length / each) }, (_, i) => i * each);
    return starts.map((start) => ({ start, count: Math.min(each, length - start) }));
  });
  return places.reduce<Box[]>(
    (boxes, along) =>
      boxes.flatMap((box) =>
        along.map((place) => ({ start: [...box.start, place.start], count: [...box.count, place.count] })),
      ),
    [{ start: [], count: [] }],
  );
}

/** Where the numbers of boxes of one size lie in a row: from each of `starts` so many side by side. */
export interface Runs {
  starts: number[];
  length: number;
}

/** @param count the size of the boxes, which begin at the beginning of the row. */
export function runsOf(count: number[], row: number[]): Runs {
  // Side by side lie those of the last axes that the box has all of, and of the one before them.
  let axis = row.length - 1;
  while (axis > 0 && count[axis] === row[axis]) axis -= 1;
  const stepOf = (axis: number) => numbersIn(row.slice(axis + 1));
  const starts = count
    .slice(0, Math.max(0, axis))
    .reduce((all, length, axis) => all.flatMap((at) => Array.from({ length }, (_, i) => at + i * stepOf(axis))), [0]);
  return { starts, length: (count[axis] ?? 1) * stepOf(axis) };
}

/**
 * Puts what lies in a box into the rows.
 * @param from the numbers of the box, row by row.
 * @param begin where the box begins in a row.
 * @param rowLength numbers of a row, `itemBytes` each.
 */
export function putIntoRows(
  from: Buffer,
  { starts, length }: Runs,
  begin: number,
  rows: Buffer,
  rowLength: number,
  itemBytes: number,
): void {
  if (length === rowLength) {
    from.copy(rows);
    return;
  }
  const [runBytes, rowBytes] = [length * itemBytes, rowLength * itemBytes];
  let at = 0;
  for (let row = begin * itemBytes; row < rows.length; row += rowBytes)
    for (const start of starts) {
      from.copy(rows, row + start * itemBytes, at, at + runBytes);
      at += runBytes;
    }
}
