import * as z from 'zod';

/** One data file as Initialize listed it. */
export const partitionRef = z.object({
  bucket: z.string(),
  key: z.string(),
  size_bytes: z.number().int().nonnegative(),
  etag: z.string(),
});
export type PartitionRef = z.infer<typeof partitionRef>;

/** One job of the map, an element of `items.json`. Ranks count from 0 without gaps. */
export const workItem = z.object({ rank: z.number().int().nonnegative(), partitions: z.array(partitionRef).min(1) });
export type WorkItem = z.infer<typeof workItem>;

/** The settings of one run that every item and Summarize receive. */
export const runContext = z.object({
  id: z.string(),
  execution_arn: z.string(),
  bucket: z.string(),
  result_path: z.string(),
  map_prefix: z.string(),
  model: z.object({
    bucket: z.string(),
    prefix: z.string(),
    /** File of the package that is used as its script, whatever model.json says. */
    script: z.string().optional(),
    /**
     * ETags of the package's files, by file name, when the run was planned: every item uses these versions. Without them
     * each invocation looks for the latest.
     */
    etags: z.record(z.string(), z.string()).optional(),
  }),
  batch_size: z.number().int().positive(),
  world_size: z.number().int().positive(),
  data_bucket: z.string(),
  data_prefix: z.string(),
  memory_mb: z.number().int().positive(),
  warnings: z.array(z.string()),
});
export type RunContext = z.infer<typeof runContext>;

/** How much a complete run delivers. `samples` is null where `dataset.json` does not tell. */
export const expectedCounts = z.object({
  items: z.number().int().nonnegative(),
  partitions: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  samples: z.number().int().nonnegative().nullable(),
});
export type ExpectedCounts = z.infer<typeof expectedCounts>;

/** What Initialize returns: the state of the execution from then on. */
export const plan = z.object({
  run: runContext,
  items: z.object({ bucket: z.string(), key: z.string() }),
  expected: expectedCounts,
  inference_function: z.string(),
  max_concurrency: z.number().int().nonnegative(),
  tolerated_failure_percentage: z.number().min(0).max(100),
});
export type Plan = z.infer<typeof plan>;

/** What the inference function receives for one item. */
export const inferenceEvent = workItem.extend({ run: runContext, function: z.string().optional() });
export type InferenceEvent = z.infer<typeof inferenceEvent>;
