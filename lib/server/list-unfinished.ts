import { listObjects, maybeReadText } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import { DATASETS_PREFIX } from '../domain/keys.ts';
import { isUnfinished, PARTITION_STATE, partitionState, type UnfinishedDataset } from '../domain/partition-job.ts';

/** Datasets whose splitting was interrupted, with what it takes to continue them. They are not listed as datasets. */
export async function listUnfinished(): Promise<UnfinishedDataset[]> {
  const { bucket } = connection();
  const folders = new Map<string, string[]>();
  for await (const { key } of listObjects(bucket, DATASETS_PREFIX)) {
    const prefix = key.slice(0, key.lastIndexOf('/'));
    folders.set(prefix, [...(folders.get(prefix) ?? []), key]);
  }
  const unfinished = [...folders].filter(([, keys]) => isUnfinished(keys));
  const found = await Promise.all(unfinished.map(([prefix]) => readUnfinished(bucket, prefix)));
  return found.flatMap((dataset) => dataset ?? []);
}

/** A dataset whose splitting was interrupted, or null. */
export async function readUnfinished(bucket: string, prefix: string): Promise<UnfinishedDataset | null> {
  const text = await maybeReadText(bucket, `${prefix}/${PARTITION_STATE}`);
  const state = partitionState.safeParse(JSON.parse(text ?? 'null')).data;
  if (!state) return null;
  const { cut, tensors, wanted, asked } = state;
  return {
    id: `${bucket}/${prefix}`,
    done: state.done.length,
    partitions: state.partitions,
    form: {
      source: asked,
      out: `s3://${bucket}/${prefix}`,
      size: 'samples' in cut ? '' : cut.text,
      samples: 'samples' in cut ? String(cut.samples) : '',
      format: wanted ?? '',
      tensors: tensors?.join(',') ?? '',
      overwrite: false,
      verify: true,
    },
  };
}
