import * as z from 'zod';
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

/** What the values of one predicted column are like; computed over all rows, in one pass. */
export const predictedColumn = z.object({
  column: z.string(),
  unit: z.string().nullable(),
  /** Finite values. */
  n: z.number().int(),
  /** NaN, Infinity and −Infinity: in the files, and in nothing that follows. */
  not_a_number: z.number().int(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  /** To 1/8,192 of itself; of its distance from the others where they lie close together and far from zero. */
  median: z.number().nullable(),
  mean: z.number().nullable(),
  /** Population form. */
  standard_deviation: z.number().nullable(),
  /** Of whole-number outputs with at most 32 different values: how often which occurs. */
  labels: z.array(z.object({ label: z.number(), n: z.number().int() })).nullable(),
  /**
   * Bins of equal width over all values but, where they are far from the others, 0.1 % at each end; null of one value,
   * and where a number cannot hold their edges.
   */
  histogram: z
    .object({
      range: z.tuple([z.number(), z.number()]),
      counts: z.array(z.number().int()),
      below: z.number().int(),
      above: z.number().int(),
    })
    .nullable(),
});
export type PredictedColumn = z.infer<typeof predictedColumn>;

/** Error of one predicted column against its truth column. Definitions: lambdas/prediction-metrics.ts. */
export const predictionMetrics = z.object({
  column: z.string(),
  truth: z.string(),
  unit: z.string().nullable(),
  n: z.number().int(),
  /** Rows in which prediction or truth is no number, or beyond 10^145. Absent in older summaries, as what else is optional. */
  left_out: z.number().int().optional(),
  /** Those of them in which the truth is none. */
  no_truth: z.number().int().optional(),
  /** Truths that are compared and seem to mean "no value" (lambdas/placeholders.ts). */
  placeholders: z.array(z.object({ value: z.number(), n: z.number().int() })).optional(),
  mae: z.number(),
  mse: z.number(),
  bias: z.number(),
  /** Standard deviation of the residual: the published "precision". */
  precision: z.number(),
  /** 1.4826 × median absolute deviation of the residual. */
  nmad: z.number().optional(),
  r2: z.number().nullable(),
  /** MAE of always predicting the mean of the truth, for scale. */
  mae_of_mean: z.number(),
  /** Of redshifts: the same of Δz/(1+z), and the share of |Δz|/(1+z) > 0.15. */
  redshift: z.object({ n: z.number().int(), nmad: z.number(), outlier_share: z.number() }).nullish(),
  /** Of classes: counts of (true, predicted) labels, row-major, one row per true label. */
  confusion: z
    .object({ labels: z.array(z.number()), counts: z.array(z.number().int()), accuracy: z.number() })
    .nullish(),
  /** Counts of (truth, prediction) on a square grid over `range`; row-major, truth on x. */
  density: z.object({
    bins: z.number().int(),
    range: z.tuple([z.number(), z.number()]),
    counts: z.array(z.number().int()),
    /** Pairs beside the grid. */
    outside: z.number().int().optional(),
  }),
});
export type PredictionMetrics = z.infer<typeof predictionMetrics>;

/** Samples whose prediction is no number, and the files they are in. */
export const notANumberReport = z.object({
  samples: z.number().int(),
  files: z.number().int(),
  /** The first 20 of the files. */
  named: z.array(z.object({ key: z.string(), samples: z.number().int() })),
});
export type NotANumberReport = z.infer<typeof notANumberReport>;

/** `summary.json`, written by Summarize. */
export const runSummary = z.object({
  run_id: z.string(),
  execution_arn: z.string(),
  result_path: z.string(),
  completeness: completenessReport,
  warnings: z.array(z.string()),
  /** The first 32 predicted columns. */
  predicted: z.array(predictedColumn).optional(),
  /** Of the first 32 columns that have a truth. */
  metrics: z.array(predictionMetrics),
  not_a_number: notANumberReport.optional(),
  files: z.object({
    combined_data: z.string(),
    predictions_csv: z.string().nullable(),
    predictions_parquet: z.string().nullable(),
  }),
  rows: z.number().int(),
  columns: z.array(z.string()),
});
export type RunSummary = z.infer<typeof runSummary>;
