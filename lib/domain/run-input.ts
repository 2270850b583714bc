import * as z from 'zod';
import { wireInteger } from './wire-number.ts';

/** The largest batch size accepted: above it a single batch of images no longer fits any Lambda function. */
export const MAX_BATCH_SIZE = 100_000;

const bucketName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must be an S3 bucket name: 3 to 63 lower-case letters, digits, dots or hyphens',
  );
const keyPrefix = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(900, 'must be at most 900 characters')
  .transform((text) => text.replace(/^\/+|\/+$/g, ''));

/**
 * The input of one execution. The first ten fields are the published payload, accepted as it is (numbers may be
 * strings); the others are ours and optional.
 */
export const runInput = z.object({
  bucket: bucketName,
  file_limit: wireInteger({ min: 1, max: 10_000_000 }).optional(),
  batch_size: wireInteger({ min: 1, max: MAX_BATCH_SIZE }),
  object_type: z.string().optional(),
  S3_object_name: keyPrefix,
  script: z.string().optional(),
  result_path: keyPrefix,
  data_bucket: bucketName,
  data_prefix: keyPrefix,
  world_size: wireInteger({ min: 1, max: 10_000_000 }).optional(),
  memory_mb: wireInteger({ min: 128, max: 10_240 }).optional(),
  max_concurrency: wireInteger({ min: 0, max: 10_000 }).optional(),
  tolerated_failure_percentage: z.coerce.number().min(0).max(100).optional(),
  run_id: z.string().max(80).optional(),
  experiment_id: z.string().max(80).optional(),
});

export type RunInput = z.infer<typeof runInput>;
