/** How often which values occurred, in bounded memory, for quantiles and histograms of any number of values. */
export interface ValueCounts {
  readonly n: number;
  /** A finite number. */
  add(value: number): void;
  /**
   * The value below which a share `q` of the values lies, between two of them as numpy's `quantile` interpolates; each
   * to 1/8,192 of itself. NaN of nothing.
   */
  quantile(q: number): number;
  /** Median of |value − median|, as exact as the quantiles. */
  medianAbsoluteDeviation(): number;
  /** Counts between robust limits; undefined where all values are one, or there are none. */
  histogram(): CountedBins | undefined;
}

/** Bins of equal width. Every value is counted once: in its bin, or below or above all of them. */
export interface CountedBins {
  range: [low: number, high: number];
  counts: number[];
  below: number;
  above: number;
}

/** Bits of the fraction that are told apart: 4,096 cells between a power of two and the next. */
const FRACTION_BITS = 12;
const CELLS = 1 << FRACTION_BITS;
const SHIFT = 20 - FRACTION_BITS;
/** Share of the values that a histogram may leave out at each end. */
const TAIL = 0.001;
const MOST_BINS = 64;
/** The smallest number of full precision: what is narrower can come out as 0. */
const LEAST_WIDTH = 2 ** -1022;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;

/**
 * Counts by sign, exponent and the first 12 bits of the fraction of a double; one page of 16 kB for each power of two
 * that occurs. The edges of the cells are whole multiples of a power of two, and so are those of the histogram's bins:
 * no cell lies across an edge, and the counts of the bins are exact. (A value that is an edge belongs to the bin farther
 * from zero.)
 */
export function countValues(): ValueCounts {
  /** By sign and exponent. */
  const pages = new Map<number, Uint32Array>();
  let lastKey = -1;
  let page: Uint32Array = new Uint32Array();
  let n = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;

  /** Cells with values, in order of the values: their middle and their count. */
  function sorted(): { middles: Float64Array; counts: Float64Array } {
    const filled = [...pages].map(([key, cells]) => ({
      key,
      cells,
      count: cells.reduce((k, c) => k + (c ? 1 : 0), 0),
    }));
    const total = filled.reduce((sum, { count }) => sum + count, 0);
    const middles = new Float64Array(total);
    const counts = new Float64Array(total);
    let at = 0;
    // Negative exponents downwards, then positive ones upwards.
    const order = (key: number) => (key >= 2048 ? 2047 - key : key + 1);
    for (const { key, cells } of filled.sort((a, b) => order(a.key) - order(b.key))) {
      const negative = key >= 2048;
      for (let i = 0; i < CELLS; i++) {
        const cell = negative ? CELLS - 1 - i : i;
        const count = cells[cell] ?? 0;
        if (count === 0) continue;
        middles[at] = middleOf(key, cell);
        counts[at++] = count;
      }
    }
    return { middles, counts };
  }

  const inside = (value: number) => Math.min(highest, Math.max(lowest, value));

  function quantile(q: number): number {
    if (n === 0) return Number.NaN;
    const { middles, counts } = sorted();
    return between(q * (n - 1), (rank) => {
      if (rank === 0) return lowest;
      return rank === n - 1 ? highest : inside(middles[indexAt(counts, rank + 1)] ?? Number.NaN);
    });
  }

  return {
    get n() {
      return n;
    },
    add(given) {
      // So that -0 is 0.
      const value = given + 0;
      float[0] = value;
      const high = words[HIGH] as number;
      const key = high >>> 20;
      if (key !== lastKey) {
        page = pages.get(key) ?? new Uint32Array(CELLS);
        pages.set(key, page);
        lastKey = key;
      }
      const cell = (high >>> SHIFT) & (CELLS - 1);
      page[cell] = (page[cell] as number) + 1;
      n += 1;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    },
    quantile,
    medianAbsoluteDeviation() {
      if (n === 0) return Number.NaN;
      const { middles, counts } = sorted();
      const median = quantile(0.5);
      let above = middles.findIndex((middle) => middle > median);
      if (above < 0) above = middles.length;
      let below = above - 1;
      let seen = 0;
      let distance = Number.NaN;
      // From the median outwards, always the nearer side next; ranks are asked for in ascending order.
      return between((n - 1) / 2, (rank) => {
        while (seen <= rank) {
          const down = below >= 0 ? median - inside(middles[below] as number) : Number.POSITIVE_INFINITY;
          const up = above < middles.length ? inside(middles[above] as number) - median : Number.POSITIVE_INFINITY;
          distance = Math.min(down, up);
          seen += (down <= up ? counts[below--] : counts[above++]) ?? 0;
        }
        return distance;
      });
    },
    histogram() {
      if (n === 0 || lowest === highest) return undefined;
      const { middles, counts } = sorted();
      let low = inside(middles[indexAt(counts, TAIL * n)] as number);
      let high = inside(middles[indexAt(counts, (1 - TAIL) * n)] as number);
      // Tails that are no longer than half of the middle are shown too.
      if (low === high || highest - lowest <= 1.5 * (high - low)) [low, high] = [lowest, highest];
      const coarsest = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(low), Math.abs(high)))) - FRACTION_BITS);
      const width = Math.max(2 ** Math.ceil(Math.log2((high - low) / MOST_BINS)), coarsest, LEAST_WIDTH);
      const first = binOf(low, width);
      const bins = new Array<number>(Math.max(1, binOf(high, width) - first + 1)).fill(0);
      let below = 0;
      let above = 0;
      for (const [i, middle] of middles.entries()) {
        const bin = Math.floor(middle / width) - first;
        const count = counts[i] as number;
        if (bin < 0) below += count;
        else if (bin >= bins.length) above += count;
        else bins[bin] = (bins[bin] as number) + count;
      }
      return { range: [first * width, (first + bins.length) * width], counts: bins, below, above };
    },
  };
}

/** Bins count from 0 upwards; an edge belongs to the one farther from zero. */
const binOf = (value: number, width: number) => (value < 0 ? Math.ceil(value / width) - 1 : Math.floor(value / width));

/** The value at a rank (from 0) that may lie between two. */
function between(rank: number, valueAt: (rank: number) => number): number {
  const low = Math.floor(rank);
  const value = valueAt(low);
  return rank === low ? value : value + (valueAt(low + 1) - value) * (rank - low);
}

/** The first index at which the counts so far reach `wanted`. */
function indexAt(counts: Float64Array, wanted: number): number {
  let seen = 0;
  for (let i = 0; i < counts.length; i++) {
    seen += counts[i] as number;
    if (seen >= wanted) return i;
  }
  return counts.length - 1;
}

function middleOf(key: number, cell: number): number {
  // Few of the numbers that share this cell with 0 are anything else.
  if (key === 0 && cell === 0) return 0;
  words[1 - HIGH] = 0;
  words[HIGH] = ((key << 20) | (cell << SHIFT) | (1 << (SHIFT - 1))) >>> 0;
  return float[0] as number;
}
