import { isPlaceholder } from './placeholders.ts';

/** Counts of (x, y) pairs on a square grid whose one range, of both axes, follows the values as they come. */
export interface DensityGrid {
  /** Finite numbers. */
  add(x: number, y: number): void;
  /**
   * The grid in at most `maxBins` cells a side; row-major, x across, y up. It covers the x and the y values but for a few
   * far from all others; `outside` counts the pairs that lie beside it.
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
const X_TAIL = 0.005;
/** The same of y. Wild ones are what one wants to be told of, not what the picture should be of. */
const Y_TAIL = 0.01;
/** However few pairs there are, so many y may stay outside, if that is not most of them. */
const FEW = 10;
/** Room on both sides of the values, as a share of their range, in which also a few others are seen. */
const ROOM = 0.5;
/** Room around the values in the picture, as a share of their range. */
const MARGIN = 0.02;

/**
 * One pass over any number of pairs in constant memory. Pairs beside the grid wait; when too many wait for one axis, the
 * range is doubled and cells are joined in pairs, so a placeholder such as −9999 does not flatten the picture, and a
 * distribution that moves is followed.
 * @param firstX range to begin with: where the bulk of the first x lies.
 */
export function openDensityGrid(firstX: [number, number]): DensityGrid {
  let [low, high] = withRoom(firstX);
  let counts = new Uint32Array(BINS * BINS);
  let waiting: { x: number; y: number }[] = [];
  let n = 0;
  /** Pairs whose y was among the few that may stay outside when all places were taken. */
  let dropped = 0;
  /** Pairs beside the grid that have no x: however many there are, the picture is of the others. */
  let without = 0;

  const isInside = (value: number) => value >= low && value <= high;
  const cell = (value: number) => Math.min(BINS - 1, Math.floor(((value - low) / (high - low)) * BINS));

  /** Doubles the range; old cells go in pairs to the upper half where it grows downwards, else to the lower. */
  function grow(downwards: boolean): void {
    const shift = downwards ? BINS / 2 : 0;
    const old = counts;
    counts = new Uint32Array(BINS * BINS);
    for (let y = 0; y < BINS; y++) {
      const row = (shift + (y >> 1)) * BINS;
      for (let x = 0; x < BINS; x++) {
        const to = row + shift + (x >> 1);
        counts[to] = (counts[to] ?? 0) + (old[y * BINS + x] ?? 0);
      }
    }
    if (downwards) low -= high - low;
    else high += high - low;
  }

  /** Grows until at most so many pairs wait for their x, and for their y. */
  function growFor(mostX: number, mostY: number): void {
    while (Number.isFinite(high - low)) {
      const x = beside(waiting.map((pair) => pair.x));
      const y = beside(waiting.map((pair) => pair.y));
      const tooMany = [x.below + x.above > mostX ? x : [], y.below + y.above > mostY ? y : []].flat();
      if (tooMany.length === 0) return;
      const sum = (side: 'below' | 'above') => tooMany.reduce((all, each) => all + each[side], 0);
      grow(sum('below') > sum('above'));
      placeWaiting();
    }
  }

  /** Grows for pairs that wait a little beside the values in the grid: a tail is not cut off where the range happens to end. */
  function growForNear(): void {
    const [first, last] = seenCells(counts, waitingColumns());
    const width = (high - low) / BINS;
    const room = (last - first + 1) * width * ROOM;
    const [from, to] = [low + first * width - room, low + (last + 1) * width + room];
    const near = waiting.filter(({ x, y }) => Math.min(x, y) >= from && Math.max(x, y) <= to);
    for (const { x, y } of near) {
      while (Math.min(x, y) < low) grow(true);
      while (Math.max(x, y) > high) grow(false);
    }
    placeWaiting();
  }

  function placeWaiting(): void {
    for (const { x, y } of waiting) if (isInside(x) && isInside(y)) place(x, y);
    waiting = waiting.filter(({ x, y }) => !isInside(x) || !isInside(y));
  }

  const waitingColumns = () => waiting.flatMap(({ x }) => (isInside(x) ? cell(x) : []));

  const beside = (values: number[]) => ({
    below: values.filter((value) => value < low).length,
    above: values.filter((value) => value > high).length,
  });

  function place(x: number, y: number): void {
    const at = cell(y) * BINS + cell(x);
    counts[at] = (counts[at] ?? 0) + 1;
  }

  /** Pairs whose y may still wait. */
  const fewY = () => Math.max(0, Math.min(Math.floor(n / 2), Math.max(FEW, Math.floor(Y_TAIL * n))) - dropped);

  function makeRoom(): void {
    growFor(REMEMBERED / 4, fewY());
    const far = waiting.filter(({ x }) => !isInside(x));
    dropped += waiting.length - far.length;
    waiting = far;
  }

  return {
    add(x, y) {
      if (isPlaceholder(x) && !isInside(x)) {
        without += 1;
        return;
      }
      n += 1;
      if (isInside(x) && isInside(y)) {
        place(x, y);
        return;
      }
      waiting.push({ x, y });
      if (waiting.length >= REMEMBERED) makeRoom();
    },
    read(maxBins) {
      growFor(Math.floor(X_TAIL * n), fewY());
      growForNear();
      const [from, to] = seenCells(counts, waitingColumns());
      const margin = Math.ceil((to - from) * MARGIN);
      const first = Math.max(0, from - margin);
      const last = Math.min(BINS - 1, to + margin);
      const factor = Math.ceil((last - first + 1) / maxBins);
      const bins = Math.ceil((last - first + 1) / factor);
      const width = (high - low) / BINS;
      const result = new Array<number>(bins * bins).fill(0);
      for (let y = first; y <= last; y++) {
        for (let x = first; x <= last; x++) {
          const at = Math.floor((y - first) / factor) * bins + Math.floor((x - first) / factor);
          result[at] = (result[at] ?? 0) + (counts[y * BINS + x] ?? 0);
        }
      }
      return {
        bins,
        range: [low + first * width, low + (first + bins * factor) * width],
        counts: result,
        outside: dropped + waiting.length + without,
      };
    },
  };
}

/** The first and the last cell of an axis that holds a value, of x or of y; all where nothing does. */
function seenCells(counts: Uint32Array, others: number[]): [first: number, last: number] {
  let first = BINS;
  let last = -1;
  const seen = (at: number) => {
    first = Math.min(first, at);
    last = Math.max(last, at);
  };
  for (let y = 0; y < BINS; y++)
    for (let x = 0; x < BINS; x++)
      if (counts[y * BINS + x]) {
        seen(x);
        seen(y);
      }
  others.forEach(seen);
  return last < 0 ? [0, BINS - 1] : [first, last];
}

/** A range with room on both sides; a single value gets a neighbourhood in proportion to it. */
function withRoom([low, high]: [number, number]): [number, number] {
  const least = Math.max(Math.abs(low), Math.abs(high), 1e-30) * 1e-9;
  const room = Math.max(least, (high - low) * ROOM);
  return [low - room, high + room];
}
