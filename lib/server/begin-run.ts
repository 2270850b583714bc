import { startExecution } from '../aws/executions.ts';
import { isUnreachable } from '../aws/plain-words.ts';
import { type ActiveRun, changeRun } from '../db/runs.ts';
import { announceRun } from './announce-run.ts';

/**
 * Starts a queued run's execution. The run is taken out of the queue first and its id is the execution's name, so a
 * crash between the two steps starts nothing twice.
 */
export async function beginRun(run: ActiveRun): Promise<void> {
  const startedAt = new Date().toISOString();
  if (!(await changeRun(run.id, { status: 'RUNNING', startedAt }, 'QUEUED'))) return;
  await startBegun(run);
}

/** The second step; also for a run that was taken out of the queue by a process that then died. */
export async function startBegun(run: ActiveRun): Promise<void> {
  try {
    await changeRun(run.id, { executionArn: await startExecution(run.id, run.input) });
  } catch (error) {
    if (isUnreachable(error)) {
      await changeRun(run.id, { status: 'QUEUED', startedAt: null }, 'RUNNING');
      throw error;
    }
    await changeRun(run.id, {
      status: 'FAILED',
      completeness: 'INCOMPLETE',
      stoppedAt: new Date().toISOString(),
      error: error instanceof Error ? error.name : 'Error',
      cause: `The execution could not be started: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
  await announceRun(run.id);
}
