/** What one benchmark found: rows for people, figures for programs. */
export interface BenchResult {
  rows: { what: string; value: string; target?: string }[];
  figures: Record<string, number | string | null>;
}

/** Middle value; the mean of the middle two for an even count. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
