import { setTimeout as delay } from 'node:timers/promises';
import type { RunRow } from '../domain/run.ts';
import { getRun } from '../server/get-run.ts';
import { getExperiment } from '../server/list-experiments.ts';
import { listRuns } from '../server/list-runs.ts';
import { progressBar } from './progress-bar.ts';
import { UserError } from './user-error.ts';

const POLL_MS = 250;

/** `starmap watch`: follows a run or experiment to its end; exit code 0 only if every run is COMPLETE. */
export async function watch(id: string, options: { json?: boolean }): Promise<void> {
  const runs = await follow(id);
  if (options.json) console.log(JSON.stringify({ id, complete: runs.every(isComplete), runs }));
  for (const run of runs.filter((candidate) => !isComplete(candidate))) {
    console.error(`${run.id} ${run.label}: ${run.status} ${run.completeness}${run.cause ? `: ${run.cause}` : ''}`);
    process.exitCode = 1;
  }
}

/** Shows a progress bar until every run has ended. @returns the runs in their final state. */
export async function follow(id: string): Promise<RunRow[]> {
  const bar = progressBar('Runs');
  for (;;) {
    const runs = await runsOf(id);
    const ended = runs.filter(hasEnded);
    const active = runs.find((run) => run.status === 'RUNNING');
    const now = active ? `${active.label}: ${active.counts.succeeded}/${active.counts.total} items` : '';
    bar.update(fractionDone(runs), `${ended.length}/${runs.length} runs  ${now}`);
    if (ended.length === runs.length) {
      bar.done(`${ended.filter(isComplete).length} of ${runs.length} COMPLETE`);
      return runs;
    }
    await delay(POLL_MS);
  }
}

async function runsOf(id: string): Promise<RunRow[]> {
  const run = await getRun(id);
  if (run) return [run];
  if (!(await getExperiment(id)))
    throw new UserError(`No run or experiment has the id "${id}". The ids are on the Runs and Experiments pages.`);
  return (await listRuns({ experimentId: id, page: 1, pageSize: 500, sort: 'createdAt', order: 'asc' })).rows;
}

function fractionDone(runs: RunRow[]): number {
  const parts = runs.map((run) =>
    hasEnded(run) ? 1 : run.counts.total > 0 ? (0.95 * run.counts.succeeded) / run.counts.total : 0,
  );
  return parts.reduce<number>((sum, part) => sum + part, 0) / Math.max(1, runs.length);
}

const hasEnded = (run: RunRow) => run.status !== 'QUEUED' && run.status !== 'RUNNING';
/** Succeeded with every partition and sample accounted for. */
export const isComplete = (run: RunRow) => run.status === 'SUCCEEDED' && run.completeness === 'COMPLETE';
