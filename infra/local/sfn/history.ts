import type { History } from '../asl/effects.ts';
import type { JsonObject } from '../asl/types.ts';

export interface HistoryEvent {
  id: number;
  previousEventId: number;
  timestampMs: number;
  type: string;
  details: JsonObject | undefined;
}

/** Events without details. */
const BARE = new Set([
  'MapRunSucceeded',
  'MapRunAborted',
  'MapStateSucceeded',
  'MapStateFailed',
  'MapStateAborted',
  'ParallelStateStarted',
  'ParallelStateSucceeded',
  'ParallelStateFailed',
]);

/** Events that the next one goes past, save where it is no exit of a state. Recorded AWS histories do so since November 2024. */
const PASSED_BY = new Set(['MapRunSucceeded', 'MapStateSucceeded', 'ParallelStateSucceeded']);
/** Events that no other goes on from. */
const OFF_CHAIN = new Set([
  'ExecutionStarted',
  'MapIterationFailed',
  'MapIterationAborted',
  'TaskStateAborted',
  'WaitStateAborted',
  'ParallelStateAborted',
  'MapStateAborted',
]);

/**
 * A recorder that numbers events from `last` on. Chains that fork share the numbers and keep their own predecessor.
 */
export function recorder(
  record: (event: HistoryEvent) => void,
  now: () => number,
  start = { last: 0, previous: 0 },
): History {
  const counter = { last: start.last };
  const chain = (previous: number): History => {
    let beside: number | undefined;
    return {
      add(type, details) {
        const id = ++counter.last;
        const after = type.endsWith('StateExited') ? previous : (beside ?? previous);
        record({ id, previousEventId: after, timestampMs: now(), type, details });
        if (PASSED_BY.has(type)) beside = id;
        else if (!OFF_CHAIN.has(type)) {
          previous = id;
          beside = undefined;
        }
        return id;
      },
      fork: () => chain(previous),
      join(branch) {
        previous = branch.position().previous;
        beside = undefined;
      },
      position: () => ({ last: counter.last, previous }),
    };
  };
  return chain(start.previous);
}

const DATA_FIELDS = new Set([
  'input',
  'output',
  'parameters',
  'assignedVariables',
  'inputDetails',
  'outputDetails',
  'assignedVariablesDetails',
]);

/** What an event says of an error; AWS leaves out what is empty. */
export const failureOf = ({ error, cause }: { error: string; cause: string }): { error?: string; cause?: string } => ({
  ...(error === '' ? {} : { error }),
  ...(cause === '' ? {} : { cause }),
});

/** One event in the shape of GetExecutionHistory. */
export function toWire(
  { id, previousEventId, timestampMs, type, details }: HistoryEvent,
  includeData: boolean,
): JsonObject {
  const field = detailsField(type);
  const shown =
    details && !includeData
      ? Object.fromEntries(Object.entries(details).filter(([key]) => !DATA_FIELDS.has(key)))
      : details;
  return { id, previousEventId, timestamp: timestampMs / 1000, type, ...(shown && field ? { [field]: shown } : {}) };
}

function detailsField(type: string): string | undefined {
  if (BARE.has(type)) return undefined;
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type[0]?.toLowerCase()}${type.slice(1)}EventDetails`;
}
