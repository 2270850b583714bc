import * as z from 'zod/mini';

// zod/mini, since the inference function loads this in each cold start: a third of the time that all of zod takes. Unlike
// zod it comes without words.
z.config(z.locales.en());

const count = z.int().check(z.nonnegative());
const positive = z.int().check(z.positive());

/** One data file as Initialize listed it. */
export const partitionRef = z.object({
  bucket: z.string(),
  key: z.string(),
  size_bytes: count,
  etag: z.string(),
});
export type PartitionRef = z.infer<typeof partitionRef>;

/** One job of the map, an element of `items.json`. Ranks count from 0 without gaps. */
export const workItem = z.object({ rank: count, partitions: z.array(partitionRef).check(z.minLength(1)) });
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
    script: z.optional(z.string()),
    /**
     * ETags of the package's files, by file name, when the run was planned: every item uses these versions. Without them
     * each invocation looks for the latest.
     */
    etags: z.optional(z.record(z.string(), z.string())),
    /**
     * The graph, where it is so large that it is worth preparing for a kind of processor
     * (lambdas/inference/prepared-graph.ts).
     */
    graph: z.optional(
      z.object({
        /** Its files in the package: the ONNX file, then those that hold its weights. */
        files: z.array(z.string()).check(z.minLength(1)),
        size_bytes: count,
        /** Where what is prepared of this version of it lies. */
        prepared_prefix: z.string(),
        /** ETags of what lay there when the run was planned, by name. */
        prepared: z.record(z.string(), z.string()),
      }),
    ),
  }),
  batch_size: positive,
  world_size: positive,
  data_bucket: z.string(),
  data_prefix: z.string(),
  memory_mb: positive,
  warnings: z.array(z.string()),
});
export type RunContext = z.infer<typeof runContext>;

/** How much a complete run delivers. `samples` is null where `dataset.json` does not tell. */
export const expectedCounts = z.object({
  items: count,
  partitions: count,
  bytes: count,
  samples: z.nullable(count),
});
export type ExpectedCounts = z.infer<typeof expectedCounts>;

/** What Initialize returns: the state of the execution from then on. */
export const plan = z.object({
  run: runContext,
  items: z.object({ bucket: z.string(), key: z.string() }),
  expected: expectedCounts,
  inference_function: z.string(),
  max_concurrency: count,
  tolerated_failure_percentage: z.number().check(z.gte(0), z.lte(100)),
});
export type Plan = z.infer<typeof plan>;

/** What the inference function receives for one item. */
export const inferenceEvent = z.extend(workItem, { run: runContext, function: z.optional(z.string()) });
export type InferenceEvent = z.infer<typeof inferenceEvent>;
