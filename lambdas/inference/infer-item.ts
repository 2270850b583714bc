import type { S3Client } from '@aws-sdk/client-s3';
import type { InferenceEvent, PartitionRef, RunContext } from '../../lib/domain/plan.ts';
import { openPartition } from '../formats/open-partition.ts';
import { maybeTensor } from '../formats/partition.ts';
import { openObject } from '../object-source.ts';
import type { BatchMemory } from './batch-memory.ts';
import { type Batch, countSamples, readBatches } from './batches.ts';
import { bindFeeds, inputTensor } from './feed.ts';
import type { ModelCache, OpeningModel } from './model.ts';
import type { PhaseClock } from './phases.ts';
import { layOutTable, type PredictionTable } from './predictions.ts';
import { openPredictions, type PredictionsFile } from './predictions-file.ts';
import type { TensorValue } from './session.ts';

/** What an execution environment keeps from one invocation to the next. */
export interface Environment {
  s3: S3Client;
  models: ModelCache;
  memory: BatchMemory;
}

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
  environment: Environment,
  item: InferenceEvent,
  clock: PhaseClock,
): Promise<ItemOutcome> {
  const { run, rank } = item;
  const model = environment.models.open(run.model);
  const predictionsKey = `${run.result_path}/predictions/${rank}.parquet`;
  const file = openPredictions(environment.s3, run.bucket, predictionsKey);
  const outcome = { samples: 0, batches: 0, cpuSeconds: 0 };
  try {
    for (const ref of item.partitions) {
      const part = await inferPartition(environment, ref, run, model, file, clock);
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
  return { ...outcome, predictionsKey, modelEtag: (await model.loaded).etag };
}

async function inferPartition(
  { s3, memory }: Environment,
  ref: PartitionRef,
  run: RunContext,
  model: OpeningModel,
  file: PredictionsFile,
  clock: PhaseClock,
) {
  const object = openObject(s3, ref);
  try {
    const opening = openPartition(object);
    opening.catch(() => {});
    clock.enter('model_load');
    const manifest = await model.manifest;
    clock.enter('fetch');
    const partition = await opening;
    const inputs = manifest.inputs.map((input) => inputTensor(ref.key, input, partition));
    const named = [...(manifest.id === undefined ? [] : [manifest.id]), ...manifest.truth.map((truth) => truth.tensor)];
    const columns = [...new Set(named)].flatMap((name) => maybeTensor(partition, name) ?? []);
    const samples = countSamples(ref.key, [...inputs, ...columns]);
    const feeds = model.loaded.then(({ session }) => bindFeeds(ref.key, manifest.inputs, inputs, session));
    const plan = { samples, batchSize: run.batch_size, inputs, columns, feeds };
    const batches = readBatches(object, plan, memory, clock);
    let arriving = next(batches);
    clock.enter('model_load');
    const { session } = await model.loaded;

    // While one batch runs, the next one arrives and the rows of the one before are written.
    const cpu = process.cpuUsage();
    let table: PredictionTable | undefined;
    let running: { batch: Batch; outputs: Promise<Record<string, TensorValue>> } | undefined;
    let count = 0;
    do {
      const before = running;
      clock.enter('inference');
      const outputs = await before?.outputs;
      clock.enter('fetch');
      const { value: batch } = await arriving;
      running = batch && { batch, outputs: session.run(batch.feeds) };
      running?.outputs.catch(() => {});
      if (before && outputs) {
        clock.enter('write');
        table ??= layOutTable(ref.key, run, manifest, partition.tensors, outputs);
        await file.append(ref.key, table, table.rows(ref.key, before.batch, outputs), before.batch.count);
        count += 1;
      }
      if (running) arriving = next(batches);
    } while (running);
    const used = process.cpuUsage(cpu);
    return { samples, batches: count, cpuSeconds: (used.user + used.system) / 1e6 };
  } finally {
    await object.close();
  }
}

/** Begins to read the next batch. A failure is seen when the batch is awaited; until then it is not unhandled. */
function next(batches: AsyncGenerator<Batch>): Promise<{ value: Batch | undefined }> {
  const reading = batches.next();
  reading.catch(() => {});
  return reading as Promise<{ value: Batch | undefined }>;
}
