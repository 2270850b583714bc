/** Where the cells of a grid lie, px. */
export interface GridGeometry {
  columns: number;
  rows: number;
  /** Side of a cell without its gap. */
  cellPx: number;
  /** From one cell to the next. */
  pitchPx: number;
  heightPx: number;
}

const SMALLEST_PX = 4;
const LARGEST_PX = 22;
/** A grid taller than this makes its cells smaller before it grows. */
const COMFORTABLE_HEIGHT_PX = 220;

/** The largest cells with which `count` of them stay a comfortable block in a given width. */
export function gridGeometry(count: number, widthPx: number): GridGeometry {
  const of = (cellPx: number): GridGeometry => {
    const pitchPx = cellPx + (cellPx > 8 ? 2 : 1);
    const columns = Math.max(1, Math.floor((widthPx + 1) / pitchPx));
    const rows = Math.ceil(count / columns);
    return { columns, rows, cellPx, pitchPx, heightPx: rows * pitchPx };
  };
  for (let cellPx = LARGEST_PX; cellPx > SMALLEST_PX; cellPx -= 1) {
    const geometry = of(cellPx);
    if (geometry.heightPx <= COMFORTABLE_HEIGHT_PX) return geometry;
  }
  return of(SMALLEST_PX);
}

/** Index of the cell under a point; null between or beyond cells. */
export function cellAt({ columns, pitchPx }: GridGeometry, count: number, xPx: number, yPx: number): number | null {
  const column = Math.floor(xPx / pitchPx);
  const row = Math.floor(yPx / pitchPx);
  const index = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && index < count ? index : null;
}

/** Index after an arrow, Home or End key; the same index for any other key. */
export function moveCell({ columns }: GridGeometry, count: number, index: number, key: string): number {
  const step =
    { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -index, End: count }[key] ?? 0;
  return Math.max(0, Math.min(count - 1, index + step));
}
