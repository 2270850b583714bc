import { deleteObjects } from '../aws/objects.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { DATASET_MANIFEST } from '../domain/keys.ts';
import { isUnfinished, PARTITION_STATE } from '../domain/partition-job.ts';
import { type DatasetFiles, findDatasetFiles } from './dataset-files.ts';
import { datasetInUse } from './in-use.ts';

export type Deleted = Pick<DatasetFiles, 'sizeBytes'> & { files: number };

/** Deletes a dataset, whole or not; refused while a run that waits or runs reads it. Other things in its folder stay. */
export async function deleteDataset(id: string): Promise<ActionResult<Deleted>> {
  const found = await findDatasetFiles(id);
  if (!found.ok) return found;
  const inUse = await datasetInUse(`${found.value.bucket}/${found.value.prefix}`);
  if (inUse) return { ok: false, message: inUse, fieldErrors: {} };
  return { ok: true, value: await deleteFiles(found.value) };
}

/** Deletes what there is of a dataset whose splitting failed or was interrupted; a finished one is left alone. */
export async function discardUnfinished(id: string): Promise<ActionResult<Deleted>> {
  const found = await findDatasetFiles(id);
  if (!found.ok) return found;
  if (!isUnfinished(found.value.keys))
    return { ok: false, message: `${id} is not unfinished: nothing of it was discarded.`, fieldErrors: {} };
  return { ok: true, value: await deleteFiles(found.value) };
}

async function deleteFiles({ bucket, prefix, keys, sizeBytes }: DatasetFiles): Promise<Deleted> {
  // What is left by a crash must not look whole: the manifest goes first, and what tells that it is unfinished goes last.
  const [manifest, state] = [`${prefix}/${DATASET_MANIFEST}`, `${prefix}/${PARTITION_STATE}`];
  const [first, last] = [manifest, state].map((file) => keys.filter((key) => key === file)) as [string[], string[]];
  const partitions = keys.filter((key) => key !== manifest && key !== state);
  await deleteObjects(bucket, [...first, ...partitions, ...last]);
  return { files: keys.length, sizeBytes };
}
