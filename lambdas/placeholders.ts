/** Numbers that stand for "no value" in a column of truths, such as the −99 and −9999 of astronomical catalogues. */
export interface PlaceholderCount {
  add(truth: number): void;
  /** Each with how often it occurs, the most frequent first. */
  read(): { value: number; n: number }[];
}

/** Placeholders lie below this, where hardly any quantity has its values. */
const BELOW = -90;
/** Placeholders however often they occur. */
const KNOWN = [-99, -999, -9999];
/** Any other number is one where it occurs so often, and is this share of all that lies so low. */
const OFTEN = 10;
const LARGE_SHARE = 0.25;
/** Different numbers that are counted. */
const MAX_COUNTED = 64;

/** Whether a number is one of those that catalogues write where they have no value. */
export const isPlaceholder = (value: number) => KNOWN.includes(value);

/**
 * Counts them in constant memory. Where most of what lies so low is none, as of longitudes or temperatures, that is where
 * the quantity has its values, and a −99 is one of them.
 */
export function countPlaceholders(): PlaceholderCount {
  const counts = new Map(KNOWN.map((value) => [value, 0]));
  let below = 0;
  return {
    add(truth) {
      if (truth >= BELOW) return;
      below += 1;
      const count = counts.get(truth);
      if (count !== undefined) counts.set(truth, count + 1);
      else if (counts.size < MAX_COUNTED) counts.set(truth, 1);
    },
    read() {
      const found = [...counts]
        .map(([value, n]) => ({ value, n }))
        .filter(({ value, n }) => n >= (KNOWN.includes(value) ? 1 : Math.max(OFTEN, LARGE_SHARE * below)))
        .sort((a, b) => b.n - a.n);
      return found.reduce((sum, { n }) => sum + n, 0) > below / 2 ? found : [];
    },
  };
}
