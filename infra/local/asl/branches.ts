import type { Walk } from './effects.ts';
import { type Json, type JsonObject, StatesError, type StateType } from './types.ts';

/** Why a branch is stopped: one beside it has failed. */
class BranchStopped extends StatesError {}

/** States whose end by force the history shows. */
const ABORTED: (StateType | undefined)[] = ['Task', 'Wait', 'Parallel', 'Map'];

interface Open {
  index: number;
  branch: Walk;
}

/**
 * Runs branches side by side, at most `limit` at a time. The first failure stops the others and is the result. The
 * chain of events goes on from the branch that ended last.
 * @param iterations the name of the Map whose iterations the branches are: they have events of their own.
 */
export async function together<T>(
  run: Walk,
  inputs: T[],
  work: (input: T, branch: Walk, index: number) => Promise<Json>,
  { limit, iterations }: { limit: number; iterations?: string },
): Promise<Json[]> {
  const stop = new AbortController();
  const signal = run.signal ? AbortSignal.any([run.signal, stop.signal]) : stop.signal;
  const { onEnter: _, resumeAt: __, standing: ___, ...inherited } = run;
  const results: Json[] = new Array<Json>(inputs.length).fill(null);
  const open = new Set<Open>();
  let latest = run.history.fork();
  let next = 0;
  let failed: { error: unknown; at: Open } | undefined;
  const worker = async () => {
    let history = run.history.fork();
    while (next < inputs.length && !failed) {
      const index = next++;
      const at: Open = { index, branch: { ...inherited, history, signal, standing: { type: undefined } } };
      open.add(at);
      try {
        if (iterations !== undefined) history.add('MapIterationStarted', { name: iterations, index });
        results[index] = await work(inputs[index] as T, at.branch, index);
      } catch (error) {
        failed ??= { error, at };
        // Siblings end with it; the walks see this as the reason of their abort.
        stop.abort(new BranchStopped('States.BranchFailed', 'A branch or iteration beside it has failed'));
        return;
      }
      open.delete(at);
      // AWS lets the next iteration of a worker go on from the last state, not from MapIterationSucceeded.
      const following = history.fork();
      if (iterations !== undefined) history.add('MapIterationSucceeded', { name: iterations, index });
      if (history.position().previous > latest.position().previous) latest = history;
      history = following;
    }
  };
  await Promise.all(Array.from({ length: Math.min(inputs.length, limit) }, worker));
  if (failed === undefined) {
    run.history.join(latest);
    return results;
  }
  recordEnd(run, failed, open, iterations);
  throw failed.error;
}

/** The events of branches that did not end well: the one that failed first, then those that were stopped for it. */
function recordEnd(
  run: Walk,
  { error, at }: { error: unknown; at: Open },
  open: Set<Open>,
  iterations: string | undefined,
): void {
  const stopped = run.signal?.aborted === true;
  const reason: unknown = stopped ? run.signal?.reason : error;
  // Not the execution's end but the program's: nothing has happened that the history should tell.
  if (!(reason instanceof StatesError)) return;
  run.history.join(at.branch.history);
  // A failure of the interpreter itself ends the execution on the spot.
  if (!stopped && reason.error === 'States.Runtime') return;
  const others = [...open].filter((each) => each !== at).sort((a, b) => a.index - b.index);
  for (const { index, branch } of [at, ...others]) {
    const details: JsonObject = { name: iterations ?? '', index };
    const first = index === at.index && !stopped;
    if (iterations !== undefined) run.history.add(first ? 'MapIterationFailed' : 'MapIterationAborted', details);
    const type = branch.standing?.type;
    // A Parallel or Map that failed by itself has said so with its …StateFailed.
    if (first ? type === 'Task' : ABORTED.includes(type)) run.history.add(`${type}StateAborted`);
  }
}
