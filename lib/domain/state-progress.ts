import type { RunDetail } from './run.ts';

export type StateProgress = RunDetail['states'];

/** An event of an execution's history, as far as it moves states. */
export interface ProgressEvent {
  type: string;
  /** ISO time. */
  at: string;
  /** Name of the state, in StateEntered and StateExited events. */
  state: string | null;
}

/**
 * What the states of an execution have come to, given what they had come to before and the events since. A state that
 * failed and was caught also "exits" in AWS's history: it stays FAILED. A retry makes it RUNNING again.
 */
export function advanceStates(before: StateProgress, events: readonly ProgressEvent[]): StateProgress {
  const states: StateProgress = structuredClone(before);
  // The definition has no parallel branches, so one state at most is open.
  let open = Object.keys(states).find((name) => states[name]?.enteredAt && !states[name]?.exitedAt);
  for (const { type, at, state } of events) {
    if (type.endsWith('StateEntered') && state) {
      states[state] = { status: type === 'FailStateEntered' ? 'FAILED' : 'RUNNING', enteredAt: at, exitedAt: null };
      open = state;
      continue;
    }
    const current = open === undefined ? undefined : states[open];
    if (!current) continue;
    if (type.endsWith('StateExited')) {
      current.exitedAt = at;
      if (current.status === 'RUNNING') current.status = 'SUCCEEDED';
      open = undefined;
    } else if (/^(Task|MapRun|MapState|LambdaFunction)(Failed|TimedOut|StartFailed|SubmitFailed)$/.test(type))
      current.status = 'FAILED';
    else if (type === 'TaskScheduled' || type === 'MapRunStarted') current.status = 'RUNNING';
    else if (type === 'ExecutionFailed' || type === 'ExecutionTimedOut') close(current, 'FAILED', at);
    else if (type === 'ExecutionAborted') close(current, 'ABORTED', at);
  }
  return states;
}

function close(state: StateProgress[string], status: 'FAILED' | 'ABORTED', at: string): void {
  state.status = status;
  state.exitedAt = at;
}
