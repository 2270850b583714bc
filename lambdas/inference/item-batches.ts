import type { InferenceEvent } from '../../lib/domain/plan.ts';
import { idTensors, maybeTensor } from '../formats/named-tensor.ts';
import { openPartition } from '../formats/open-partition.ts';
import type { Partition } from '../formats/partition.ts';
import { openObject } from '../s3/object-source.ts';
import type { StartDownload } from '../s3/objects.ts';
import { type Batch, countSamples, readBatches } from './batches.ts';
import type { Environment } from './environment.ts';
import { bindFeeds, inputTensors, scriptTensors } from './feed.ts';
import type { OpeningModel } from './model.ts';
import type { PhaseClock } from './phases.ts';
import { scriptFeeds } from './script-feeds.ts';

/** A batch, and the file it comes from. */
export interface SourceBatch extends Batch {
  key: string;
  partition: Partition;
}

/**
 * All batches of an item, file after file. Reading begins with the manifest of the model; the graph may still be on its
 * way.
 */
export async function* readItem(
  { startDownload, habit, memory }: Pick<Environment, 'startDownload' | 'habit' | 'memory'>,
  { rank, run, partitions }: InferenceEvent,
  model: OpeningModel,
  clock: PhaseClock,
): AsyncGenerator<SourceBatch> {
  for (const ref of partitions) {
    const { key } = ref;
    const object = openObject(timedDownloads(startDownload, clock), ref, habit);
    try {
      const [partition, manifest] = await Promise.all([openPartition(object), model.manifest]);
      const fed = inputTensors(key, manifest.inputs, partition);
      const read = manifest.script === undefined ? [] : scriptTensors(key, manifest.reads, partition);
      const inputs = [...fed.map(({ tensor }) => tensor), ...read];
      const ids = manifest.id === undefined ? [] : idTensors(partition, manifest.id);
      const truths = manifest.truth.map(({ tensor }) => maybeTensor(partition, tensor));
      const columns = [...new Set([...ids, ...truths])].flatMap((tensor) => tensor ?? []);
      const samples = countSamples(key, [...inputs, ...columns]);
      clock.decodesFile([...inputs, ...columns].some(({ range }) => range === undefined));
      const feeds = model.loaded.then(({ session, script }) =>
        script
          ? scriptFeeds({ rank, file: key }, manifest, inputs, fed, script, session)
          : bindFeeds(key, fed, session),
      );
      // They are awaited when the first rows are asked for; a failure before that must not count as unhandled.
      feeds.catch(() => {});
      const plan = { samples, batchSize: run.batch_size, inputs, columns, feeds };
      for await (const batch of readBatches(object, plan, memory, clock)) {
        yield { ...batch, key, partition };
      }
    } finally {
      await object.close();
    }
  }
}

function timedDownloads(startDownload: StartDownload, clock: PhaseClock): StartDownload {
  return async (...asked) => {
    const download = await clock.receiving(() => startDownload(...asked));
    return { ...download, receive: (into) => clock.receiving(() => download.receive(into)) };
  };
}
