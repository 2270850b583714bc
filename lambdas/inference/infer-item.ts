import type { S3Client } from '@aws-sdk/client-s3';
import type { InferenceEvent, PartitionRef, RunContext } from '../../lib/domain/plan.ts';
import { openPartition } from '../formats/open-partition.ts';
import { maybeTensor } from '../formats/partition.ts';
import { openObject } from '../object-source.ts';
import { countSamples, readBatches } from './batches.ts';
import { bindFeeds } from './feed.ts';
import type { LoadedModel, ModelCache } from './model.ts';
import type { PhaseClock } from './phases.ts';
import { layOutTable, type PredictionTable } from './predictions.ts';
import { openPredictions, type PredictionsFile } from './predictions-file.ts';

/** What running one item gave, besides the predictions file. */
export interface ItemOutcome {
  samples: number;
  batches: number;
  predictionsKey: string;
  modelEtag: string;
  /** CPU time (user + system) of the process over the model loop, s. */
  cpuSeconds: number;
}

/** Runs every partition of the item through the model, batch by batch, and writes the predictions as it goes. */
export async function inferItem(
  s3: S3Client,
  models: ModelCache,
  item: InferenceEvent,
  clock: PhaseClock,
): Promise<ItemOutcome> {
  const { run, rank } = item;
  const loading = models.get(run.model);
  // Awaited below; a failure before that must not count as unhandled.
  loading.catch(() => {});
  const predictionsKey = `${run.result_path}/predictions/${rank}.parquet`;
  const file = openPredictions(s3, run.bucket, predictionsKey);
  const outcome = { samples: 0, batches: 0, predictionsKey, modelEtag: '', cpuSeconds: 0 };
  try {
    for (const ref of item.partitions) {
      const part = await inferPartition(s3, ref, run, loading, file, clock);
      outcome.samples += part.samples;
      outcome.batches += part.batches;
      outcome.cpuSeconds += part.cpuSeconds;
    }
    clock.enter('write');
    await file.finish();
  } catch (error) {
    await file.abort();
    throw error;
  }
  clock.enter('other');
  return { ...outcome, modelEtag: (await loading).etag };
}

async function inferPartition(
  s3: S3Client,
  ref: PartitionRef,
  run: RunContext,
  loading: Promise<LoadedModel>,
  file: PredictionsFile,
  clock: PhaseClock,
) {
  const object = openObject(s3, ref);
  try {
    const opening = openPartition(object);
    opening.catch(() => {});
    clock.enter('model_load');
    const { manifest, session } = await loading;
    clock.enter('fetch');
    const partition = await opening;
    const feeds = bindFeeds(ref.key, manifest.inputs, session, partition);
    const names = [...(manifest.id === undefined ? [] : [manifest.id]), ...manifest.truth.map((truth) => truth.tensor)];
    const columns = [...new Set(names)].flatMap((name) => maybeTensor(partition, name) ?? []);
    const samples = countSamples(ref.key, [...feeds.map((feed) => feed.tensor), ...columns]);

    const batches = readBatches(object, samples, feeds, columns, run.batch_size, clock);
    let table: PredictionTable | undefined;
    let count = 0;
    let cpu: NodeJS.CpuUsage | undefined;
    for (let arriving = batches.next(); ; count++) {
      clock.enter('fetch');
      const { value: batch, done } = await arriving;
      if (done) break;
      cpu ??= process.cpuUsage();
      // The next batch arrives while this one runs.
      arriving = batches.next();
      arriving.catch(() => {});
      clock.enter('inference');
      const outputs = await session.run(batch.feeds);
      clock.enter('write');
      table ??= layOutTable(ref.key, run, manifest, partition.tensors, outputs);
      await file.append(ref.key, table, table.rows(ref.key, batch, outputs), batch.count);
    }
    const used = process.cpuUsage(cpu);
    return { samples, batches: count, cpuSeconds: (used.user + used.system) / 1e6 };
  } finally {
    await object.close();
  }
}
