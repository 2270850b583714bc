import { findUnendedRuns } from '../db/runs.ts';
import { announceRun } from './announce-run.ts';
import { recentEnds } from './live.ts';

/** What is told of a run that this process watches itself. */
const OWN = '';

/**
 * Tells the listeners of this process about the runs that others on the same database start, watch, stop or end.
 * @param isOwn whether this process is the watcher of a run: then it tells of it as it watches
 * @returns one look, to be repeated; the first only sees where things stand.
 */
export function makeOnlooker(isOwn: (watcher: string | null) => boolean): () => Promise<void> {
  let known: Map<string, string> | undefined;
  return async () => {
    const before = known;
    const seen = new Map(
      (await findUnendedRuns()).map(({ id, watcher, ...state }) => [id, isOwn(watcher) ? OWN : JSON.stringify(state)]),
    );
    known = seen;
    if (!before) return;
    for (const [id, state] of seen) if (state !== OWN && state !== before.get(id)) await announceRun(id);
    // Also of its own: another may have taken one over and ended it while this process stood still.
    const told = new Set(recentEnds().map(({ run }) => run.id));
    for (const id of before.keys()) if (!seen.has(id) && !told.has(id)) await announceRun(id);
  };
}
