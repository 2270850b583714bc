'use server';

import { revalidatePath } from 'next/cache';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import { stopRun } from '@/lib/server/stop-run.ts';

/** Stops a run that is queued or running. */
export async function stopThisRun(id: string): Promise<ActionResult<null>> {
  const result = await stopRun(String(id));
  if (result.ok) revalidatePath(`/runs/${encodeURIComponent(id)}`);
  return result;
}
