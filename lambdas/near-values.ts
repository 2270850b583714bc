import { countValues, type ValueCounts } from './value-counts.ts';

/**
 * Counts values by their distance from an origin among them, where the first ones lie close together and far from zero,
 * as dates and coordinates do: told apart to 1/8,192 of themselves, all dates of a week would be one.
 * The edge of a histogram's bin belongs to the bin farther from the origin.
 * @param first the first values that will be counted, or some of them; what is not finite is passed over.
 */
export function countNear(first: ArrayLike<number | bigint>): ValueCounts {
  const counts = countValues();
  const origin = originOf(first);
  if (origin === 0) return counts;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  return {
    get n() {
      return counts.n;
    },
    add(value) {
      counts.add(value - origin);
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    },
    quantile(q) {
      // As they are: a difference is rounded.
      if (counts.n > 0 && (q === 0 || q === 1)) return q === 0 ? lowest : highest;
      return counts.quantile(q) + origin;
    },
    medianAbsoluteDeviation: counts.medianAbsoluteDeviation,
    histogram() {
      const found = counts.histogram();
      if (!found) return undefined;
      const [low, high] = found.range;
      return { ...found, range: [low + origin, high + origin] };
    },
  };
}

/** 0 where they do not. Else a number that the edges of a histogram's bins are round with. */
function originOf(values: ArrayLike<number | bigint>): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const isFar = low * high > 0 && high - low < Math.min(Math.abs(low), Math.abs(high));
  if (!isFar || low === high) return 0;
  const step = 2 ** Math.floor(Math.log2(high - low));
  return Math.round((low / 2 + high / 2) / step) * step;
}
