import { stopExecution } from '../aws/executions.ts';
import { changeRun, findActiveRun } from '../db/runs.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { BackendError } from '../env.ts';
import { announceRun } from './announce-run.ts';
import { elsewhere } from './elsewhere.ts';
import { wakeWatcher } from './wake-watcher.ts';

/**
 * Stops a run: a queued one at once; a running one by stopping its execution, whose end the watcher then sees. Results
 * written so far are kept.
 */
export async function stopRun(id: string): Promise<ActionResult<null>> {
  const stoppedAt = new Date().toISOString();
  if (
    await changeRun(id, { status: 'STOPPED', completeness: 'INCOMPLETE', stoppedAt, cause: STOPPED_WAITING }, 'QUEUED')
  ) {
    await announceRun(id);
    return { ok: true, value: null };
  }
  const running = await findActiveRun(id);
  const away = running?.status === 'RUNNING' ? elsewhere(running) : null;
  if (away) return refuse(away);
  // The wish is stored first: should the service not answer now, the watcher repeats it.
  if (!(await changeRun(id, { stopRequestedAt: stoppedAt }, 'RUNNING'))) {
    const run = await findActiveRun(id);
    return refuse(run ? `Run ${id} has ended already.` : `There is no run "${id}".`);
  }
  const run = await findActiveRun(id);
  try {
    if (run?.executionArn) await stopExecution(run.executionArn, 'Stopped', STOPPED_BY_USER);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return refuse(`${error.message} The run is stopped as soon as it answers.`);
  }
  wakeWatcher();
  return { ok: true, value: null };
}

export const STOPPED_BY_USER = 'Stopped by the user.';
const STOPPED_WAITING = 'Stopped by the user before it began.';

const refuse = (message: string): ActionResult<null> => ({ ok: false, message, fieldErrors: {} });
