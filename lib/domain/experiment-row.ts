import type { LaunchForm } from './experiment.ts';
import type { RunStatus } from './run.ts';

/** One row of the experiments list. */
export interface ExperimentRow {
  id: string;
  name: string;
  question: string;
  createdAt: string;
  runs: number;
  byStatus: Record<RunStatus, number>;
  /** Runs that are COMPLETE. */
  complete: number;
  /** Of the runs that have ended. */
  costUsd: number;
  form: LaunchForm;
}

/** The page of one experiment; its runs are listed by `listRuns({ experimentId })`. */
export interface ExperimentDetail extends ExperimentRow {
  /** First run's start and last run's stop; null before. */
  startedAt: string | null;
  stoppedAt: string | null;
}
