import { startExecution } from '../aws/executions.ts';
import { isUnreachable } from '../aws/plain-words.ts';
import type { ActiveRun, RunChanges } from '../db/run-columns.ts';
import { changeWatchedRun } from '../db/runs.ts';
import { announceRun } from './announce-run.ts';
import type { Leases } from './leases.ts';

/**
 * Starts a queued run's execution. The run is taken out of the queue first and its id is the execution's name, so a
 * crash between the two steps starts nothing twice.
 * @returns false where another process was faster.
 */
export async function beginRun(run: ActiveRun, leases: Leases): Promise<boolean> {
  if (!(await leases.take(run.id, new Date()))) return false;
  await startBegun({ ...run, watcher: leases.watcher });
  return true;
}

/** The second step; also for a run that was taken out of the queue by a process that then died. */
export async function startBegun(run: ActiveRun): Promise<void> {
  await changeWatchedRun(run, await started(run));
  await announceRun(run.id);
}

async function started(run: ActiveRun): Promise<RunChanges> {
  try {
    return { executionArn: await startExecution(run.id, run.input) };
  } catch (error) {
    if (isUnreachable(error)) {
      await changeWatchedRun(run, { status: 'QUEUED', startedAt: null });
      throw error;
    }
    return {
      status: 'FAILED',
      completeness: 'INCOMPLETE',
      stoppedAt: new Date().toISOString(),
      error: error instanceof Error ? error.name : 'Error',
      cause: `The execution could not be started: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
