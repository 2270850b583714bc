import { z } from 'zod';
import { expectedCounts } from './plan.ts';

/** A run is complete only when every expected item is there exactly once and all samples are accounted for. */
export const completenessReport = z.object({
  complete: z.boolean(),
  expected: expectedCounts,
  found: z.object({
    items: z.number().int(),
    partitions: z.number().int(),
    samples: z.number().int(),
    bytes: z.number().int(),
  }),
  /** Partitions with no result: rank and S3 key, the first 1,000. */
  missing: z.array(z.object({ rank: z.number().int(), key: z.string() })),
  duplicates: z.array(z.string()),
  /** Objects under the result path that are not this run's, the first 1,000 keys. */
  foreign: z.array(z.string()),
});
export type CompletenessReport = z.infer<typeof completenessReport>;

/** Error of one predicted column against its truth column. Definitions: lambdas/prediction-metrics.ts. */
export const predictionMetrics = z.object({
  column: z.string(),
  truth: z.string(),
  unit: z.string().nullable(),
  n: z.number().int(),
  mae: z.number(),
  mse: z.number(),
  bias: z.number(),
  /** Standard deviation of the residual: the published "precision". */
  precision: z.number(),
  r2: z.number().nullable(),
  /** MAE of always predicting the mean of the truth, for scale. */
  mae_of_mean: z.number(),
  /** Counts of (truth, prediction) on a square grid over `range`; row-major, truth on x. */
  density: z.object({
    bins: z.number().int(),
    range: z.tuple([z.number(), z.number()]),
    counts: z.array(z.number().int()),
  }),
});
export type PredictionMetrics = z.infer<typeof predictionMetrics>;

/** `summary.json`, written by Summarize. */
export const runSummary = z.object({
  run_id: z.string(),
  execution_arn: z.string(),
  result_path: z.string(),
  completeness: completenessReport,
  warnings: z.array(z.string()),
  metrics: z.array(predictionMetrics),
  files: z.object({
    combined_data: z.string(),
    predictions_csv: z.string().nullable(),
    predictions_parquet: z.string().nullable(),
  }),
  rows: z.number().int(),
  columns: z.array(z.string()),
});
export type RunSummary = z.infer<typeof runSummary>;
