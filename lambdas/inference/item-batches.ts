import type { InferenceEvent } from '../../lib/domain/plan.ts';
import { maybeTensor } from '../formats/named-tensor.ts';
import { openPartition } from '../formats/open-partition.ts';
import type { PartitionTensor } from '../formats/partition.ts';
import { openObject } from '../object-source.ts';
import { type Batch, countSamples, readBatches } from './batches.ts';
import type { Environment } from './environment.ts';
import { bindFeeds, inputTensor } from './feed.ts';
import type { OpeningModel } from './model.ts';
import type { PhaseClock } from './phases.ts';

/** A batch, and the file it comes from. */
export interface SourceBatch extends Batch {
  key: string;
  tensors: Map<string, PartitionTensor>;
}

/**
 * All batches of an item, file after file. Reading begins with the manifest of the model; the graph may still be on its
 * way.
 */
export async function* readItem(
  { startDownload, memory }: Pick<Environment, 'startDownload' | 'memory'>,
  { run, partitions }: InferenceEvent,
  model: OpeningModel,
  clock: PhaseClock,
): AsyncGenerator<SourceBatch> {
  for (const ref of partitions) {
    const { key } = ref;
    const object = openObject(startDownload, ref);
    try {
      const [partition, manifest] = await Promise.all([openPartition(object), model.manifest]);
      const inputs = manifest.inputs.map((input) => inputTensor(key, input, partition));
      const named = [
        ...(manifest.id === undefined ? [] : [manifest.id]),
        ...manifest.truth.map(({ tensor }) => tensor),
      ];
      const columns = [...new Set(named)].flatMap((name) => maybeTensor(partition, name) ?? []);
      const samples = countSamples(key, [...inputs, ...columns]);
      const feeds = model.loaded.then(({ session }) => bindFeeds(key, manifest.inputs, inputs, session));
      const plan = { samples, batchSize: run.batch_size, inputs, columns, feeds };
      for await (const batch of readBatches(object, plan, memory, clock)) {
        yield { ...batch, key, tensors: partition.tensors };
      }
    } finally {
      await object.close();
    }
  }
}
