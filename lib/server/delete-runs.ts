import { deleteEndedRuns } from '../db/runs.ts';
import type { ActionResult } from '../domain/action-result.ts';

/** Forgets runs that have ended; their results in S3 stay. Queued and running ones are left alone. */
export async function deleteRuns(ids: string[]): Promise<ActionResult<{ deleted: number }>> {
  const deleted = await deleteEndedRuns(ids);
  if (deleted === 0 && ids.length > 0)
    return {
      ok: false,
      message: 'Nothing was deleted: runs that wait or run must be stopped first.',
      fieldErrors: {},
    };
  return { ok: true, value: { deleted } };
}
