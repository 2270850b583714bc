import * as z from 'zod';

/** What a predictions file says about its own columns, in its footer under `starmap`: Summarize needs no model for it. */
export const predictionsMetadata = z.object({
  predicted: z.array(z.object({ column: z.string(), unit: z.string().nullable() })),
  /** Which column holds the truth of which predicted column; where the data has no truth, there is no such column. */
  truth: z.array(z.object({ column: z.string(), truth: z.string(), unit: z.string().nullable() })),
  /** Tensors that model.json names for id or truth, once for each source file that does not have them. */
  absent: z.array(z.string()),
  execution_arn: z.string(),
});
export type PredictionsMetadata = z.infer<typeof predictionsMetadata>;
