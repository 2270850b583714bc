import type { ExpectedCounts, WorkItem } from './plan.ts';
import type { CompletenessState } from './run.ts';
import type { CompletenessReport } from './run-summary.ts';

/** One `<rank>.json` as far as counting goes. */
export interface FoundResult {
  rank: number;
  /** Partitions it says it read. */
  keys: string[];
  samples: number;
  bytes: number;
}

const MAX_LISTED = 1_000;

/**
 * Holds what a run delivered against its plan: complete only when every item and partition is there exactly once and
 * all samples are accounted for.
 * @param foreign keys under the result path that no item of the plan wrote.
 */
export function checkCompleteness(
  expected: ExpectedCounts,
  items: readonly WorkItem[],
  found: readonly FoundResult[],
  foreign: readonly string[] = [],
): CompletenessReport {
  const planned = new Map(items.flatMap((item) => item.partitions.map((part) => [part.key, item.rank] as const)));
  const seen = new Map<string, number>();
  for (const { keys } of found) for (const key of keys) seen.set(key, (seen.get(key) ?? 0) + 1);
  const missing = [...planned].filter(([key]) => !seen.has(key)).map(([key, rank]) => ({ rank, key }));
  const duplicates = [...seen].filter(([, times]) => times > 1).map(([key]) => key);
  const strangers = [...seen.keys()].filter((key) => !planned.has(key));
  const samples = found.reduce((sum, result) => sum + result.samples, 0);
  return {
    complete:
      missing.length === 0 &&
      duplicates.length === 0 &&
      strangers.length === 0 &&
      found.length === expected.items &&
      (expected.samples === null || samples === expected.samples),
    expected,
    found: {
      items: found.length,
      partitions: [...seen.keys()].filter((key) => planned.has(key)).length,
      samples,
      bytes: found.reduce((sum, result) => sum + result.bytes, 0),
    },
    missing: missing.slice(0, MAX_LISTED),
    duplicates: duplicates.slice(0, MAX_LISTED),
    foreign: [...foreign, ...strangers].slice(0, MAX_LISTED),
  };
}

/** PENDING as long as nobody has counted. */
export function completenessState(report: CompletenessReport | null): CompletenessState {
  if (!report) return 'PENDING';
  return report.complete ? 'COMPLETE' : 'INCOMPLETE';
}
