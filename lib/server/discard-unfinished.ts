import { deleteObjects } from '../aws/objects.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { isUnfinished, PARTITION_STATE } from '../domain/partition-job.ts';
import { findDatasetFiles } from './dataset-files.ts';

/** Deletes what there is of a dataset whose splitting failed or was interrupted; a finished one is left alone. */
export async function discardUnfinished(id: string): Promise<ActionResult<{ deleted: number }>> {
  const found = await findDatasetFiles(id);
  if (!found.ok) return found;
  const { bucket, prefix, keys } = found.value;
  if (!isUnfinished(keys))
    return { ok: false, message: `${id} is not unfinished: nothing of it was discarded.`, fieldErrors: {} };
  // The state goes last: what is left by a crash is still listed as unfinished.
  const state = `${prefix}/${PARTITION_STATE}`;
  await deleteObjects(bucket, [...keys.filter((key) => key !== state), state]);
  return { ok: true, value: { deleted: keys.length } };
}
