import { type InferenceEvent, inferenceEvent } from '../../lib/domain/plan.ts';
import type { LambdaContext } from '../lambda-context.ts';
import { accountFromEnvironment } from '../s3/account.ts';
import { toFailure } from '../s3/errors.ts';
import { openDownloads, type S3Objects } from '../s3/objects.ts';
import { plainObjects } from '../s3/plain-objects.ts';
import { openRequestMeter, type RequestMeter } from '../s3/request-meter.ts';
import { openBatchMemory } from './batch-memory.ts';
import type { Environment } from './environment.ts';
import { describeExecution } from './execution.ts';
import { inferItem } from './infer-item.ts';
import { openModelCache } from './model.ts';
import { modelFilesInS3 } from './model-files.ts';
import type { ModelThreads } from './model-threads.ts';
import { startPhases } from './phases.ts';
import { openPredictions } from './predictions-file.ts';
import { leavePrepared } from './prepared-graph.ts';

/**
 * The handler of the inference function: runs the model over the partitions of one item. Writes
 * `predictions/<rank>.parquet`, then `<rank>.json`: where that exists, the item is done. A retry overwrites both.
 * It throws a Failure whose message begins with the key of the file at fault.
 * @param threadsUsed how many there are.
 */
export function openInference(threads: ModelThreads, threadsUsed: number) {
  const meter = openRequestMeter();
  let sdk: Promise<S3Objects> | undefined;
  const objects = plainObjects(accountFromEnvironment(), meter, () => {
    sdk ??= loadSdk(meter);
    return sdk;
  });
  const files = modelFilesInS3(objects);
  const environment: Environment = {
    startDownload: openDownloads(objects),
    models: openModelCache(files, threads),
    habit: { readsTail: true },
    memory: openBatchMemory(),
    openPredictions: (bucket, key, wider) => openPredictions(objects, bucket, key, wider),
  };
  let coldStart = true;
  /** Process start → code loaded, ms: what Lambda calls init. */
  const initMs = performance.now();

  return async (event: unknown, context: LambdaContext) => {
    const clock = startPhases();
    const startedAt = new Date();
    const isCold = coldStart;
    coldStart = false;
    meter.reset();
    const item: InferenceEvent = inferenceEvent.parse(event);
    const { run, rank } = item;

    const done = await inferItem(environment, item, clock);
    const memoryBytes = Number(context.memoryLimitInMB) * 1024 * 1024;
    const leftMs = context.getRemainingTimeInMillis();
    await leavePrepared({ files, objects, threads }, item, done, memoryBytes, leftMs);

    const info = describeExecution(item, done, {
      ...clock.stop(isCold ? initMs : 0),
      coldStart: isCold,
      startedAt,
      threads: threadsUsed,
      s3Seconds: meter.secondsEach,
      context,
    });
    const resultKey = `${run.result_path}/${rank}.json`;
    const writingMs = performance.now();
    await objects
      .put({ bucket: run.bucket, key: resultKey, contentType: 'application/json' }, Buffer.from(JSON.stringify(info)))
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
  };
}

async function loadSdk(meter: RequestMeter): Promise<S3Objects> {
  const [{ openS3 }, { sdkObjects }] = await Promise.all([import('../s3/client.ts'), import('../s3/sdk-objects.ts')]);
  return sdkObjects(openS3(meter));
}
