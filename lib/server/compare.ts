import { findComparedRuns, type StoredComparison } from '../db/compared-runs.ts';
import { type ComparedRun, type Comparison, withModels } from '../domain/comparison.ts';
import { plural } from '../domain/format.ts';

/**
 * Runs for charts and comparison tables. Only COMPLETE ones are taken in, unless asked; the others are named with the
 * reason. Without experiments and runs named, all runs are compared.
 */
export async function compareRuns(which: {
  experimentIds?: string[];
  runIds?: string[];
  includeIncomplete?: boolean;
}): Promise<Comparison> {
  const runs: Omit<ComparedRun, 'model'>[] = [];
  const leftOut: Comparison['left_out'] = [];
  const found = await findComparedRuns(which);
  for (const run of found) {
    const reason = whyLeftOut(run, which.includeIncomplete ?? false);
    const { measures, cause, counts, ...shown } = run;
    if (reason === null && measures) runs.push({ ...shown, measures });
    else leftOut.push({ id: run.id, label: run.label, reason: reason ?? 'It has no measurements.' });
  }
  // A link may be older than a deletion.
  const known = new Set(found.map(({ id }) => id));
  for (const id of new Set(which.runIds))
    if (!known.has(id)) leftOut.push({ id, label: id, reason: 'There is no such run: it was deleted.' });
  return { runs: withModels(runs), left_out: leftOut };
}

function whyLeftOut(run: StoredComparison, includeIncomplete: boolean): string | null {
  const { succeeded, total } = run.counts;
  if (run.status === 'QUEUED') return 'It has not started yet.';
  if (run.status === 'RUNNING') return `It is still running: ${succeeded} of ${plural(total, 'item')} done.`;
  if (includeIncomplete) return run.measures && succeeded > 0 ? null : 'It has no results.';
  if (run.status === 'FAILED') return `It failed${run.cause ? `: ${run.cause}` : '.'}`;
  if (run.status === 'STOPPED') return `It was stopped with ${succeeded} of ${plural(total, 'item')} done.`;
  return run.completeness === 'COMPLETE'
    ? null
    : `It is incomplete: ${succeeded} of ${plural(total, 'item')} ${succeeded === 1 ? 'is' : 'are'} there.`;
}
