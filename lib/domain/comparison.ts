import type { CompletenessState, RunMeasures, RunSettings, RunStatus } from './run.ts';

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
