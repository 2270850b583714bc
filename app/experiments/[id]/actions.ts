'use server';

import type { ActionResult } from '@/lib/domain/action-result.ts';
import { listRuns } from '@/lib/server/list-runs.ts';
import { stopRuns } from '../../runs/actions.ts';

/** Stops all runs of an experiment that wait or run; those that wait first, so that none of them begins meanwhile. */
export async function stopExperiment(id: string): Promise<ActionResult<{ stopped: number }>> {
  const { rows } = await listRuns({ experimentId: String(id), status: 'QUEUED,RUNNING', pageSize: 500 });
  const waiting = rows.filter(({ status }) => status === 'QUEUED');
  const running = rows.filter(({ status }) => status === 'RUNNING');
  return stopRuns([...waiting, ...running].map((run) => run.id));
}
