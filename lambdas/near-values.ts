import { bulkOf, FIRST_VALUES } from './first-values.ts';
import { countValues, type ValueCounts } from './value-counts.ts';

/** Share of the first values that may be elsewhere than the others at each end, such as placeholders for what is unknown. */
const TAIL = 0.05;

/**
 * Counts values by their distance from an origin among them, where the first ones lie close together and far from zero,
 * as dates and coordinates do: told apart to 1/8,192 of themselves, all dates of a week would be one.
 * The edge of a histogram's bin belongs to the bin farther from the origin.
 */
export function countNear(): ValueCounts {
  const counts = countValues();
  let first: number[] | undefined = [];
  let origin = 0;
  // As they are: a difference is rounded.
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;

  function count(value: number): void {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    counts.add(value - origin);
  }

  function countFirst(): void {
    if (!first) return;
    origin = originOf(first);
    first.forEach(count);
    first = undefined;
  }

  return {
    get n() {
      return counts.n + (first?.length ?? 0);
    },
    add(value) {
      if (first) {
        if (first.push(value) === FIRST_VALUES) countFirst();
      } else if (origin === 0) counts.add(value);
      else count(value);
    },
    quantile(q) {
      countFirst();
      if (origin !== 0 && (q === 0 || q === 1)) return q === 0 ? lowest : highest;
      return counts.quantile(q) + origin;
    },
    medianAbsoluteDeviation() {
      countFirst();
      return counts.medianAbsoluteDeviation();
    },
    histogram() {
      countFirst();
      const found = counts.histogram();
      if (!found) return undefined;
      const [low, high] = found.range;
      return { ...found, range: [low + origin, high + origin] };
    },
  };
}

/** 0 where they do not. Else a number that the edges of a histogram's bins are round with. */
function originOf(values: number[]): number {
  const [low, high] = bulkOf(values, TAIL);
  const isFar = low * high > 0 && high - low < Math.min(Math.abs(low), Math.abs(high));
  if (!isFar || low === high) return 0;
  const step = 2 ** Math.floor(Math.log2(high - low));
  return Math.round((low / 2 + high / 2) / step) * step;
}
