import type { S3Client } from '@aws-sdk/client-s3';
import type { StartDownload } from '../object-download.ts';
import type { BatchMemory } from './batch-memory.ts';
import type { ModelCache } from './model.ts';

/** What an execution environment keeps from one invocation to the next. */
export interface Environment {
  s3: S3Client;
  startDownload: StartDownload;
  models: ModelCache;
  memory: BatchMemory;
}
