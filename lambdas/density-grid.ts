/** Counts of (x, y) pairs on a square grid whose range follows the x values as they come. */
export interface DensityGrid {
  add(x: number, y: number): void;
  /** Σ|x − centre| over all x; exact but for the x that share a cell (1/256 of the range) with the centre. */
  sumAbsoluteDeviation(centre: number): number;
  /** The grid over the x values seen, in at most `maxBins` cells a side; row-major, x across, y up. */
  read(maxBins: number): { bins: number; range: [number, number]; counts: number[] };
}

const BINS = 256;

/**
 * One pass over any number of pairs in constant memory. Where a value lies outside, the range is doubled and cells are
 * joined in pairs. y outside the range of x counts in the cell at the edge, so that one wild prediction does not flatten
 * the picture.
 * @param firstX lowest and highest x of the first pairs: the range to begin with.
 */
export function openDensityGrid(firstX: [number, number]): DensityGrid {
  let [low, high] = widened(firstX);
  let counts = new Uint32Array(BINS * BINS);
  let xSums = new Float64Array(BINS);
  let lowestX = Number.POSITIVE_INFINITY;
  let highestX = Number.NEGATIVE_INFINITY;

  const cell = (value: number) => Math.min(BINS - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * BINS)));

  /** Doubles the range; old cells go in pairs to the upper half where it grows downwards, else to the lower. */
  const grow = (downwards: boolean) => {
    const shift = downwards ? BINS / 2 : 0;
    const oldCounts = counts;
    const oldSums = xSums;
    counts = new Uint32Array(BINS * BINS);
    xSums = new Float64Array(BINS);
    for (let y = 0; y < BINS; y++) {
      const row = (shift + (y >> 1)) * BINS;
      for (let x = 0; x < BINS; x++) {
        const to = row + shift + (x >> 1);
        counts[to] = (counts[to] ?? 0) + (oldCounts[y * BINS + x] ?? 0);
      }
    }
    for (let x = 0; x < BINS; x++) xSums[shift + (x >> 1)] = (xSums[shift + (x >> 1)] ?? 0) + (oldSums[x] ?? 0);
    if (downwards) low -= high - low;
    else high += high - low;
  };

  return {
    add(x, y) {
      while (x < low) grow(true);
      while (x > high) grow(false);
      if (x < lowestX) lowestX = x;
      if (x > highestX) highestX = x;
      const column = cell(x);
      const at = cell(y) * BINS + column;
      counts[at] = (counts[at] ?? 0) + 1;
      xSums[column] = (xSums[column] ?? 0) + x;
    },
    sumAbsoluteDeviation(centre) {
      let sum = 0;
      for (let x = 0; x < BINS; x++) {
        let n = 0;
        for (let y = 0; y < BINS; y++) n += counts[y * BINS + x] ?? 0;
        sum += Math.abs((xSums[x] ?? 0) - n * centre);
      }
      return sum;
    },
    read(maxBins) {
      const first = cell(lowestX);
      const last = cell(highestX);
      const factor = Math.ceil((last - first + 1) / maxBins);
      const bins = Math.ceil((last - first + 1) / factor);
      const width = (high - low) / BINS;
      const result = new Array<number>(bins * bins).fill(0);
      const place = (i: number) => Math.min(bins - 1, Math.max(0, Math.floor((i - first) / factor)));
      for (let y = 0; y < BINS; y++) {
        for (let x = 0; x < BINS; x++) {
          const at = place(y) * bins + place(x);
          result[at] = (result[at] ?? 0) + (counts[y * BINS + x] ?? 0);
        }
      }
      return { bins, range: [low + first * width, low + (first + bins * factor) * width], counts: result };
    },
  };
}

/** A range of some width: a single value gets a neighbourhood in proportion to it. */
function widened([low, high]: [number, number]): [number, number] {
  const least = Math.max(Math.abs(low), Math.abs(high), 1e-30) * 1e-9;
  return high - low > least ? [low, high] : [low - least, high + least];
}
