import type { S3Client } from '@aws-sdk/client-s3';
import type { BatchMemory } from './batch-memory.ts';
import type { ModelCache } from './model.ts';

/** What an execution environment keeps from one invocation to the next. */
export interface Environment {
  s3: S3Client;
  models: ModelCache;
  memory: BatchMemory;
}
