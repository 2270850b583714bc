/** Labels that a classification tells apart at most; columns with more distinct values are quantities. */
export const MAX_LABELS = 32;

/** Counts of pairs of labels, such as (true, predicted), as long as they are whole numbers and few different ones. */
export interface LabelCounts {
  add(first: number, second: number): void;
  /** Undefined where there were too many labels, numbers that are none, or nothing. Counts are row-major, one row per first label. */
  read(): { labels: number[]; counts: number[] } | undefined;
}

export function countLabels(): LabelCounts {
  let pairs: Map<number, Map<number, number>> | undefined = new Map();
  const labels = new Set<number>();
  return {
    add(first, second) {
      if (!pairs) return;
      const row = pairs.get(first) ?? new Map<number, number>();
      const count = row.get(second);
      row.set(second, (count ?? 0) + 1);
      if (count !== undefined) return;
      pairs.set(first, row);
      labels.add(first).add(second);
      if (labels.size > MAX_LABELS || !Number.isInteger(first) || !Number.isInteger(second)) pairs = undefined;
    },
    read() {
      const found = pairs;
      if (!found || labels.size === 0) return undefined;
      const sorted = [...labels].sort((a, b) => a - b);
      return {
        labels: sorted,
        counts: sorted.flatMap((first) => sorted.map((second) => found.get(first)?.get(second) ?? 0)),
      };
    },
  };
}
