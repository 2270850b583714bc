import type { ExecutionInfo } from '../../lib/domain/execution-info.ts';
import type { ExpectedCounts, WorkItem } from '../../lib/domain/plan.ts';
import type { CompletenessReport } from '../../lib/domain/run-summary.ts';
import { type Listing, MAX_NAMED } from './listing.ts';

/** Counts what is there against what was expected. */
export interface CompletenessCount {
  found(info: ExecutionInfo): void;
  missing(item: WorkItem): void;
  /** Every file that stands where a result of this run should. */
  foreign(key: string): void;
  /** Found so far. */
  partitions(): number;
  report(expected: ExpectedCounts): CompletenessReport;
}

export function countCompleteness(listing: Listing): CompletenessCount {
  const counts = { items: 0, partitions: 0, samples: 0, bytes: 0 };
  const missing: CompletenessReport['missing'] = [];
  const foreign = [...listing.foreign];
  return {
    found(info) {
      counts.items += 1;
      counts.partitions += info.data_paths?.length ?? 1;
      counts.samples += info.samples ?? 0;
      counts.bytes += info.bytes ?? 0;
    },
    missing({ rank, partitions }) {
      for (const { key } of partitions) if (missing.length < MAX_NAMED) missing.push({ rank, key });
    },
    foreign(key) {
      if (foreign.length < MAX_NAMED) foreign.push(key);
    },
    partitions: () => counts.partitions,
    report(expected) {
      const complete =
        listing.duplicates.length === 0 &&
        counts.items === expected.items &&
        counts.partitions === expected.partitions &&
        counts.bytes === expected.bytes &&
        (expected.samples === null || counts.samples === expected.samples);
      return { complete, expected, found: counts, missing, duplicates: listing.duplicates, foreign };
    },
  };
}

/** What is said of a run that has all its results, but not as many samples as dataset.json tells of. */
export function samplesWarning({ expected, found }: CompletenessReport): string[] {
  if (found.items !== expected.items || expected.samples === null || found.samples === expected.samples) return [];
  const count = (samples: number) => samples.toLocaleString('en-US');
  const what = `The files hold ${count(found.samples)} samples, dataset.json tells of ${count(expected.samples)}`;
  return [
    `${what}: the run counts as incomplete. Split the data again, or delete dataset.json if the files are right.`,
  ];
}
