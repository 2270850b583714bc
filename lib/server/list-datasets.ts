import { listObjects, maybeReadText, type StoredObject } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import { type Dataset, type DatasetManifest, datasetManifest } from '../domain/dataset.ts';
import { DATASET_MANIFEST, DATASETS_PREFIX, dataFileExtension, isPartitionKey, splitId } from '../domain/keys.ts';
import { isUnfinished } from '../domain/partition-job.ts';
import { comparePartitionKeys } from '../domain/partition-order.ts';
import type { SweepDataset } from '../domain/sweep.ts';

/** Every folder under `datasets/` of the deployment's bucket that holds partition files, by name. */
export async function listDatasets(): Promise<Dataset[]> {
  const { bucket } = connection();
  const folders = new Map<string, StoredObject[]>();
  for await (const object of listObjects(bucket, DATASETS_PREFIX)) {
    const prefix = object.key.slice(0, object.key.lastIndexOf('/'));
    if (prefix.length >= DATASETS_PREFIX.length) folders.set(prefix, [...(folders.get(prefix) ?? []), object]);
  }
  const datasets = await Promise.all([...folders].map(([prefix, objects]) => toDataset(bucket, prefix, objects)));
  return datasets.flatMap((found) => found?.dataset ?? []).sort((a, b) => comparePartitionKeys(a.prefix, b.prefix));
}

/** A dataset by its id (`<bucket>/<prefix>`), in any bucket we may read; null where the prefix holds no partitions. */
export async function findDataset(id: string): Promise<Dataset | null> {
  return (await readDataset(id))?.dataset ?? null;
}

/** The same with its files in the order in which a run takes them. */
export async function readDataset(id: string): Promise<SweepDataset | null> {
  const at = splitId(id);
  if (!at) return null;
  const objects: StoredObject[] = [];
  for await (const object of listObjects(at.bucket, `${at.prefix}/`, { delimiter: '/' })) objects.push(object);
  return toDataset(at.bucket, at.prefix, objects);
}

async function toDataset(bucket: string, prefix: string, objects: StoredObject[]): Promise<SweepDataset | null> {
  const files = objects.filter(({ key }) => isPartitionKey(key)).sort((a, b) => comparePartitionKeys(a.key, b.key));
  const first = files[0];
  // A run on partitions of which some are not there yet would look complete.
  if (!first || isUnfinished(objects.map(({ key }) => key))) return null;
  const hasManifest = objects.some(({ key }) => key === `${prefix}/${DATASET_MANIFEST}`);
  const manifest = hasManifest ? await readManifest(bucket, `${prefix}/${DATASET_MANIFEST}`) : null;
  return {
    files: files.map(({ key, sizeBytes }) => ({ key, sizeBytes })),
    dataset: {
      id: `${bucket}/${prefix}`,
      bucket,
      prefix,
      name: manifest?.name ?? prefix.slice(prefix.lastIndexOf('/') + 1),
      partitions: files.length,
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      partitionSizeBytes: manifest?.partition_size_bytes ?? Math.max(...files.map(({ sizeBytes }) => sizeBytes)),
      samples: manifest?.samples ?? null,
      format: manifest?.format ?? formatsOf(files),
      createdAt: manifest?.created_at ?? first.modifiedAt,
      manifest,
    },
  };
}

/** Formats of files that nothing describes, as a run on them says: a folder that was filled by hand may mix them. */
const formatsOf = (files: StoredObject[]) => [...new Set(files.map(({ key }) => dataFileExtension(key)))].join(', ');

/** A manifest that cannot be understood is as good as none: the files themselves tell the rest. */
async function readManifest(bucket: string, key: string): Promise<DatasetManifest | null> {
  const text = await maybeReadText(bucket, key);
  try {
    return datasetManifest.parse(JSON.parse(text ?? ''));
  } catch {
    return null;
  }
}
