import type { ActiveRun } from '../db/run-columns.ts';
import { findActiveRun } from '../db/runs.ts';
import type { RunRow } from '../domain/run.ts';
import { publish } from './live.ts';

/** Tells the listeners of a run's state as it is stored now. */
export async function announceRun(id: string): Promise<void> {
  const run = await findActiveRun(id);
  if (run) announce(run);
}

/** The same for a state at hand that has just been stored. */
export function announce(run: ActiveRun): void {
  publish({ type: 'run', run: toRow(run), states: run.states, asOf: new Date().toISOString() });
}

/** Only what a list shows: this goes to every open browser. */
function toRow(run: ActiveRun): RunRow {
  const { input, executionArn, mapRunArn, resultBucket, resultPath, states, historyEventId, ...rest } = run;
  const { stopRequestedAt, watcher, ...row } = rest;
  return row;
}
