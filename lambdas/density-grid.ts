/** Counts of (x, y) pairs on a square grid whose range follows the x values as they come. */
export interface DensityGrid {
  /** Finite numbers. */
  add(x: number, y: number): void;
  /** Σ|x − centre| over all x; exact but for the x that share a cell (1/256 of the range) with the centre. */
  sumAbsoluteDeviation(centre: number): number;
  /**
   * The grid in at most `maxBins` cells a side; row-major, x across, y up. It covers the x values but for a few far from
   * all others; `outside` counts the pairs that lie beside it.
   */
  read(maxBins: number): DensityCounts;
}

export interface DensityCounts {
  bins: number;
  range: [low: number, high: number];
  counts: number[];
  outside: number;
}

const BINS = 256;
/** Pairs beside the grid that are remembered, so that they can be counted when it has grown. */
const REMEMBERED = 8_192;
/** Share of all pairs whose x may stay outside. */
const TAIL = 0.005;
/** Room on both sides of the x values, as a share of their range. */
const MARGIN = 0.05;

/**
 * One pass over any number of pairs in constant memory. Pairs beside the grid wait; when too many wait for their x, its
 * range is doubled and cells are joined in pairs, so a placeholder such as −9999 does not flatten the picture, and a
 * distribution that moves is followed. y beside the range of x never widens it.
 * @param firstX range to begin with: where the bulk of the first x lies.
 */
export function openDensityGrid(firstX: [number, number]): DensityGrid {
  let [low, high] = withRoom(firstX);
  let counts = new Uint32Array(BINS * BINS);
  /** Of the x of all pairs that do not wait. */
  let xSums = new Float64Array(BINS);
  let xCounts = new Float64Array(BINS);
  const waiting: { x: number; y: number }[] = [];
  let n = 0;
  /** Pairs whose y was beside the grid when it was last full of those who wait. */
  let dropped = 0;

  const isInside = (value: number) => value >= low && value <= high;
  const cell = (value: number) => Math.min(BINS - 1, Math.floor(((value - low) / (high - low)) * BINS));

  /** Doubles the range; old cells go in pairs to the upper half where it grows downwards, else to the lower. */
  function grow(downwards: boolean): void {
    const shift = downwards ? BINS / 2 : 0;
    const old = { counts, xSums, xCounts };
    counts = new Uint32Array(BINS * BINS);
    xSums = new Float64Array(BINS);
    xCounts = new Float64Array(BINS);
    for (let y = 0; y < BINS; y++) {
      const row = (shift + (y >> 1)) * BINS;
      for (let x = 0; x < BINS; x++) {
        const to = row + shift + (x >> 1);
        counts[to] = (counts[to] ?? 0) + (old.counts[y * BINS + x] ?? 0);
      }
    }
    for (let x = 0; x < BINS; x++) {
      const to = shift + (x >> 1);
      xSums[to] = (xSums[to] ?? 0) + (old.xSums[x] ?? 0);
      xCounts[to] = (xCounts[to] ?? 0) + (old.xCounts[x] ?? 0);
    }
    if (downwards) low -= high - low;
    else high += high - low;
  }

  /** Grows until at most `most` pairs wait for their x. */
  function growFor(most: number): void {
    for (;;) {
      const below = waiting.reduce((sum, { x }) => sum + (x < low ? 1 : 0), 0);
      const above = waiting.reduce((sum, { x }) => sum + (x > high ? 1 : 0), 0);
      if (below + above <= most || !Number.isFinite(high - low)) return;
      grow(below > above);
      const again = waiting.splice(0);
      for (const { x, y } of again) {
        if (isInside(x) && isInside(y)) place(x, y);
        else waiting.push({ x, y });
      }
    }
  }

  function place(x: number, y: number): void {
    const at = cell(y) * BINS + cell(x);
    counts[at] = (counts[at] ?? 0) + 1;
    countX(x);
  }

  function makeRoom(): void {
    growFor(REMEMBERED / 4);
    const far = waiting.filter(({ x }) => !isInside(x));
    dropped += waiting.length - far.length;
    for (const { x } of waiting) if (isInside(x)) countX(x);
    waiting.length = 0;
    waiting.push(...far);
  }

  function countX(x: number): void {
    const column = cell(x);
    xSums[column] = (xSums[column] ?? 0) + x;
    xCounts[column] = (xCounts[column] ?? 0) + 1;
  }

  return {
    add(x, y) {
      n += 1;
      if (isInside(x) && isInside(y)) {
        place(x, y);
        return;
      }
      waiting.push({ x, y });
      if (waiting.length >= REMEMBERED) makeRoom();
    },
    sumAbsoluteDeviation(centre) {
      let sum = 0;
      for (let x = 0; x < BINS; x++) sum += Math.abs((xSums[x] ?? 0) - (xCounts[x] ?? 0) * centre);
      for (const { x } of waiting) sum += Math.abs(x - centre);
      return sum;
    },
    read(maxBins) {
      growFor(Math.floor(TAIL * n));
      let first = BINS;
      let last = -1;
      const seen = (column: number) => {
        first = Math.min(first, column);
        last = Math.max(last, column);
      };
      for (let x = 0; x < BINS; x++) if (xCounts[x]) seen(x);
      for (const { x } of waiting) if (isInside(x)) seen(cell(x));
      if (last < 0) [first, last] = [0, BINS - 1];
      // Predictions a little beside the truths are seen.
      const margin = Math.ceil((last - first) * MARGIN);
      first = Math.max(0, first - margin);
      last = Math.min(BINS - 1, last + margin);
      const factor = Math.ceil((last - first + 1) / maxBins);
      const bins = Math.ceil((last - first + 1) / factor);
      const width = (high - low) / BINS;
      const result = new Array<number>(bins * bins).fill(0);
      let outside = dropped + waiting.length;
      for (let y = 0; y < BINS; y++) {
        for (let x = 0; x < BINS; x++) {
          const count = counts[y * BINS + x] ?? 0;
          if (count === 0) continue;
          const row = Math.floor((y - first) / factor);
          if (row < 0 || row >= bins) outside += count;
          else {
            const at = row * bins + Math.floor((x - first) / factor);
            result[at] = (result[at] ?? 0) + count;
          }
        }
      }
      return { bins, range: [low + first * width, low + (first + bins * factor) * width], counts: result, outside };
    },
  };
}

/** A range with room on both sides; a single value gets a neighbourhood in proportion to it. */
function withRoom([low, high]: [number, number]): [number, number] {
  const least = Math.max(Math.abs(low), Math.abs(high), 1e-30) * 1e-9;
  const room = Math.max(least, (high - low) * MARGIN);
  return [low - room, high + room];
}
