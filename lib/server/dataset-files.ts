import { listObjects } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { DATASET_MANIFEST, DATASETS_PREFIX, isPartitionKey, splitId } from '../domain/keys.ts';
import { PARTITION_STATE } from '../domain/partition-job.ts';

export interface DatasetFiles {
  bucket: string;
  prefix: string;
  keys: string[];
  sizeBytes: number;
}

/** Partitions, manifest and state: what else lies in the folder of a dataset is not of it. */
export const isDatasetFile = (key: string): boolean =>
  isPartitionKey(key) || [DATASET_MANIFEST, PARTITION_STATE].includes(key.slice(key.lastIndexOf('/') + 1));

/** The files of one of this deployment's datasets, finished or not. */
export async function findDatasetFiles(id: string): Promise<ActionResult<DatasetFiles>> {
  const at = splitId(id);
  const { bucket } = connection();
  if (!at || at.bucket !== bucket || !at.prefix.startsWith(DATASETS_PREFIX))
    return refuse(`${id} is no dataset of this deployment: they lie in ${bucket}/${DATASETS_PREFIX}.`);
  const files: DatasetFiles = { ...at, keys: [], sizeBytes: 0 };
  for await (const { key, sizeBytes } of listObjects(at.bucket, `${at.prefix}/`, { delimiter: '/' })) {
    if (!isDatasetFile(key)) continue;
    files.keys.push(key);
    files.sizeBytes += sizeBytes;
  }
  if (files.keys.length === 0) return refuse(`There is no dataset ${id}.`);
  return { ok: true, value: files };
}

const refuse = (message: string): ActionResult<never> => ({ ok: false, message, fieldErrors: {} });
