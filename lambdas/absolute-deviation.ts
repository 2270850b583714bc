/** Σ|value − centre| for a centre that is known only when all values have gone by. */
export interface AbsoluteDeviation {
  /** A finite number. */
  add(value: number): void;
  /** Exact but for the values that share a cell (1/4,096 of their range) with the centre. */
  sum(centre: number): number;
}

const CELLS = 4_096;
/** Values beside the cells that are remembered: a few far ones need not widen all cells. */
const REMEMBERED = 8_192;

/**
 * One pass in constant memory: of the values in a cell their count and sum are kept. Where too many lie beside the cells,
 * the range is doubled and cells are joined in pairs.
 */
export function sumDeviations([from, to]: [low: number, high: number]): AbsoluteDeviation {
  let low = from;
  let high = to > from ? to : from + Math.max(Math.abs(from), 1e-30) * 1e-9;
  let sums = new Float64Array(CELLS);
  let counts = new Float64Array(CELLS);
  let waiting: number[] = [];

  const isInside = (value: number) => value >= low && value <= high;

  function place(value: number): void {
    const cell = Math.min(CELLS - 1, Math.floor(((value - low) / (high - low)) * CELLS));
    sums[cell] = (sums[cell] ?? 0) + value;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }

  /** Old cells go in pairs to the upper half where the range grows downwards, else to the lower. */
  function grow(downwards: boolean): void {
    const shift = downwards ? CELLS / 2 : 0;
    const joined = (old: Float64Array) => {
      const cells = new Float64Array(CELLS);
      for (let i = 0; i < CELLS; i += 2) cells[shift + i / 2] = (old[i] ?? 0) + (old[i + 1] ?? 0);
      return cells;
    };
    sums = joined(sums);
    counts = joined(counts);
    if (downwards) low -= high - low;
    else high += high - low;
  }

  function makeRoom(): void {
    while (waiting.length > REMEMBERED / 4 && Number.isFinite(high - low)) {
      const below = waiting.filter((value) => value < low).length;
      grow(below > waiting.length - below);
      for (const value of waiting) if (isInside(value)) place(value);
      waiting = waiting.filter((value) => !isInside(value));
    }
  }

  return {
    add(value) {
      if (isInside(value)) return place(value);
      waiting.push(value);
      if (waiting.length >= REMEMBERED) makeRoom();
    },
    sum(centre) {
      let sum = 0;
      for (let i = 0; i < CELLS; i++) sum += Math.abs((sums[i] ?? 0) - (counts[i] ?? 0) * centre);
      for (const value of waiting) sum += Math.abs(value - centre);
      return sum;
    },
  };
}
