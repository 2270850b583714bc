import { datasetKind } from './dataset-name.ts';
import type { CompletenessState, RunMeasures, RunSettings, RunStatus } from './run.ts';

/** What compared runs may differ in: a setting, or the dataset, whatever size its partitions have. */
export type ComparedKey = keyof RunSettings | 'dataset';

export const comparedValue = (settings: RunSettings, key: ComparedKey): string | number | null =>
  key === 'dataset' ? datasetKind(settings.datasetId, settings.partitionSizeBytes) : settings[key];

/** A run as charts and comparison tables use it. */
export interface ComparedRun {
  id: string;
  label: string;
  experimentName: string;
  status: RunStatus;
  completeness: CompletenessState;
  settings: RunSettings;
  /** Without what only a run's own page shows: the bill's lines and the metrics are empty. */
  measures: RunMeasures;
}

export interface Comparison {
  runs: ComparedRun[];
  /** Runs that were asked for but not taken in, and why, in words. */
  left_out: { id: string; label: string; reason: string }[];
}
