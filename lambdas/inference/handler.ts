import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type InferenceEvent, inferenceEvent } from '../../lib/domain/plan.ts';
import type { LambdaContext } from '../lambda-context.ts';
import { openDownloads } from '../object-download.ts';
import { openS3, toFailure } from '../s3.ts';
import { openBatchMemory } from './batch-memory.ts';
import type { Environment } from './environment.ts';
import { describeExecution } from './execution.ts';
import { inferItem } from './infer-item.ts';
import { openModelCache } from './model.ts';
import { modelFilesInS3 } from './model-files.ts';
import { startPhases } from './phases.ts';
import { openPredictions } from './predictions-file.ts';
import { startSessionThread, threadCount } from './session.ts';

const { s3, meter } = openS3();
const threads = threadCount();
const environment: Environment = {
  startDownload: openDownloads(s3, meter),
  models: openModelCache(modelFilesInS3(s3), startSessionThread(threads)),
  memory: openBatchMemory(),
  openPredictions: (bucket, key) => openPredictions(s3, bucket, key),
};
let coldStart = true;
/** Process start → code loaded, ms: what Lambda calls init. */
const initMs = performance.now();

/**
 * Runs the model over the partitions of one item. Writes `predictions/<rank>.parquet`, then `<rank>.json`: where that
 * exists, the item is done. A retry overwrites both.
 * @throws Failure whose message begins with the key of the file at fault.
 */
export async function handler(event: unknown, context: LambdaContext) {
  const clock = startPhases();
  const startedAt = new Date();
  const isCold = coldStart;
  coldStart = false;
  meter.reset();
  const item: InferenceEvent = inferenceEvent.parse(event);
  const { run, rank } = item;

  const done = await inferItem(environment, item, clock);

  const info = describeExecution(item, done, {
    phasesMs: clock.stop(isCold ? initMs : 0),
    coldStart: isCold,
    startedAt,
    threads,
    s3Seconds: meter.secondsEach,
    context,
  });
  const resultKey = `${run.result_path}/${rank}.json`;
  const writingMs = performance.now();
  await s3
    .send(
      new PutObjectCommand({
        Bucket: run.bucket,
        Key: resultKey,
        Body: JSON.stringify(info),
        ContentType: 'application/json',
      }),
    )
    .catch((error: unknown) => {
      throw toFailure(error, `${resultKey}: writing it`);
    });
  console.log(
    `rank ${rank}: ${done.samples} samples in ${done.batches} batches, ${Math.round(info.duration_ms ?? 0)} ms`,
  );
  return {
    rank,
    samples: done.samples,
    result_key: resultKey,
    predictions_key: done.predictionsKey,
    request_id: context.awsRequestId,
    /** Writing the record, ms: its own phases cannot have it. */
    record_ms: performance.now() - writingMs,
  };
}
