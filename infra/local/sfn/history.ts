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

/** Events after which the chain goes on from the one before: recorded AWS histories do so since November 2024. */
const NOT_IN_CHAIN = new Set(['ExecutionStarted', 'MapRunSucceeded', 'MapStateSucceeded', 'ParallelStateSucceeded']);
/** Most events of a Standard execution: the one after fails it. */
export const MAX_EVENTS = 25_000;

/**
 * A recorder that numbers events from `last` on. Chains that fork share the numbers and keep their own predecessor.
 */
export function recorder(
  record: (event: HistoryEvent) => void,
  now: () => number,
  start = { last: 0, previous: 0 },
): History & { position(): { last: number; previous: number } } {
  const counter = { last: start.last };
  const chain = (previous: number): History & { position(): { last: number; previous: number } } => ({
    add(type, details) {
      counter.last += 1;
      record({ id: counter.last, previousEventId: previous, timestampMs: now(), type, details });
      if (!NOT_IN_CHAIN.has(type)) previous = counter.last;
    },
    fork: () => chain(previous),
    position: () => ({ last: counter.last, previous }),
  });
  return chain(start.previous);
}

/** One event in the shape of GetExecutionHistory. */
export function toWire(
  { id, previousEventId, timestampMs, type, details }: HistoryEvent,
  includeData: boolean,
): JsonObject {
  const field = detailsField(type);
  const shown =
    details && !includeData
      ? Object.fromEntries(
          Object.entries(details).filter(
            ([key]) => !['input', 'output', 'parameters', 'inputDetails', 'outputDetails'].includes(key),
          ),
        )
      : details;
  return { id, previousEventId, timestamp: timestampMs / 1000, type, ...(shown && field ? { [field]: shown } : {}) };
}

function detailsField(type: string): string | undefined {
  if (BARE.has(type)) return undefined;
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type[0]?.toLowerCase()}${type.slice(1)}EventDetails`;
}
