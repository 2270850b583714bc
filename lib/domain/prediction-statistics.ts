import type { NotANumberReport, PredictedColumn, PredictionMetrics } from './run-summary.ts';

/** What the predictions of a run are like, over all its rows. */
export interface PredictionStatistics {
  rows: number;
  /** Empty in runs that were summarized before columns were described. */
  predicted: PredictedColumn[];
  metrics: PredictionMetrics[];
  notANumber: NotANumberReport | null;
}
