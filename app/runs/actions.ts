'use server';

import { revalidatePath } from 'next/cache';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import { deleteRuns } from '@/lib/server/delete-runs.ts';
import { stopRun } from '@/lib/server/stop-run.ts';

const MOST = 500;

/** Stops those of the runs that wait or run. */
export async function stopRuns(ids: string[]): Promise<ActionResult<{ stopped: number }>> {
  const results = [];
  for (const id of idsOf(ids)) results.push(await stopRun(id));
  const stopped = results.filter(({ ok }) => ok).length;
  revalidatePath('/runs');
  const refused = results.find((result) => !result.ok);
  if (stopped === 0 && refused) return refused;
  return { ok: true, value: { stopped } };
}

/** Forgets those of the runs that have ended; their results in S3 stay. */
export async function removeRuns(ids: string[]): Promise<ActionResult<{ deleted: number }>> {
  const result = await deleteRuns(idsOf(ids));
  revalidatePath('/runs');
  return result;
}

/** What a browser sends is not to be trusted. */
const idsOf = (ids: unknown) => (Array.isArray(ids) ? ids.slice(0, MOST).map(String) : []);
