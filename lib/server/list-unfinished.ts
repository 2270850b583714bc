import { listObjects, maybeReadText, type StoredObject } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import { DATASETS_PREFIX } from '../domain/keys.ts';
import {
  isUnfinished,
  type ListedUnfinished,
  PARTITION_STATE,
  partitionState,
  type UnfinishedDataset,
} from '../domain/partition-job.ts';
import { isDatasetFile } from './dataset-files.ts';

/** Datasets whose splitting failed or was interrupted, with what it takes to continue them. They are not listed as datasets. */
export async function listUnfinished(): Promise<ListedUnfinished[]> {
  const { bucket } = connection();
  const folders = new Map<string, StoredObject[]>();
  for await (const object of listObjects(bucket, DATASETS_PREFIX)) {
    const prefix = object.key.slice(0, object.key.lastIndexOf('/'));
    const objects = folders.get(prefix);
    if (objects) objects.push(object);
    else folders.set(prefix, [object]);
  }
  const unfinished = [...folders].filter(([, objects]) => isUnfinished(objects.map(({ key }) => key)));
  const found = await Promise.all(
    unfinished.map(async ([prefix, objects]): Promise<ListedUnfinished[]> => {
      const dataset = await readUnfinished(bucket, prefix);
      return dataset ? [{ ...dataset, ...sumOf(objects) }] : [];
    }),
  );
  return found.flat();
}

function sumOf(objects: StoredObject[]): Pick<ListedUnfinished, 'files' | 'sizeBytes' | 'writtenAt'> {
  const files = objects.filter(({ key }) => isDatasetFile(key));
  const times = files.map(({ modifiedAt }) => modifiedAt).sort();
  return {
    files: files.length,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    writtenAt: times.at(-1) ?? null,
  };
}

/** A dataset whose splitting failed or was interrupted, or null. */
export async function readUnfinished(bucket: string, prefix: string): Promise<UnfinishedDataset | null> {
  const text = await maybeReadText(bucket, `${prefix}/${PARTITION_STATE}`);
  const state = partitionState.safeParse(JSON.parse(text ?? 'null')).data;
  if (!state) return null;
  const { cut, tensors, wanted, asked } = state;
  return {
    id: `${bucket}/${prefix}`,
    done: state.done.length,
    partitions: state.partitions,
    problem: state.problem ?? null,
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
