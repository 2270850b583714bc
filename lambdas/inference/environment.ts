import type { ParquetColumn } from '../parquet-columns.ts';
import type { ReadingHabit } from '../s3/object-source.ts';
import type { StartDownload } from '../s3/objects.ts';
import type { BatchMemory } from './batch-memory.ts';
import type { ModelCache } from './model.ts';
import type { PredictionsFile } from './predictions-file.ts';

/** What an execution environment keeps from one invocation to the next. */
export interface Environment {
  startDownload: StartDownload;
  habit: ReadingHabit;
  models: ModelCache;
  memory: BatchMemory;
  openPredictions(bucket: string, key: string, wider?: ParquetColumn[]): PredictionsFile;
}
