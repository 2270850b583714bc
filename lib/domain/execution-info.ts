import * as z from 'zod';
import { phaseNames } from './phases.ts';

/**
 * What the inference function writes per item as `<rank>.json`. The first block has the published system's keys,
 * spelled as in its recorded files; the second is ours. Records of the published system (imported) have only the first,
 * so ours are optional when reading.
 */
export const executionInfo = z.object({
  /** CPU time (user + system) of this process over the model loop, s. The published value is a profiler's sum over operators. */
  'total_cpu_time (seconds)': z.number(),
  /** Peak resident memory of the process, MB (10^6 bytes). The published value is a profiler's sum of allocations. */
  'total_cpu_memory (MB)': z.number(),
  /** Wall time of the model loop divided by the number of batches, s. */
  'execution_time (seconds/batch)': z.number(),
  num_batches: z.number().int(),
  batch_size: z.number().int(),
  device: z.string(),
  /** Bits of input data per second of wall time of the model loop, bit/s. */
  throughput_bps: z.number(),
  /** Samples per second of wall time of the model loop. */
  sample_persec: z.number(),
  result_path: z.string(),
  data_path: z.string(),
  s3_num_requests: z.number().int().optional(),
  s3_total_time: z.number().optional(),
  s3_avg_time: z.number().nullable().optional(),
  s3_min_time: z.number().nullable().optional(),
  s3_max_time: z.number().nullable().optional(),

  rank: z.number().int().optional(),
  world_size: z.number().int().optional(),
  data_paths: z.array(z.string()).optional(),
  samples: z.number().int().optional(),
  /** Samples with a predicted value that is NaN or infinite. */
  not_a_number: z.number().int().optional(),
  bytes: z.number().int().optional(),
  /** See phases.ts. */
  phases_ms: z.record(z.enum(phaseNames), z.number().nonnegative()).optional(),
  /** Handler wall time, ms (without init). */
  duration_ms: z.number().optional(),
  /** Model loop wall time, ms. */
  inference_ms: z.number().optional(),
  peak_rss_mb: z.number().optional(),
  memory_size_mb: z.number().int().optional(),
  threads: z.number().int().optional(),
  /** Samples that were computed in one call of the model, at most: a batch larger than that was computed in slices. */
  samples_per_call: z.number().int().optional(),
  cold_start: z.boolean().optional(),
  request_id: z.string().optional(),
  log_group: z.string().optional(),
  log_stream: z.string().optional(),
  started_at: z.string().optional(),
  ended_at: z.string().optional(),
  model_etag: z.string().optional(),
  /** Whether the graph was loaded as it had been prepared for this kind of processor, which is faster for some. */
  prepared_graph: z.boolean().optional(),
  predictions_key: z.string().optional(),
  execution_arn: z.string().optional(),
});
export type ExecutionInfo = z.infer<typeof executionInfo>;
