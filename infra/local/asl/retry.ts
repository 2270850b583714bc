import type { Catcher, Retrier, StatesError } from './types.ts';

const DEFAULT_INTERVAL_SECONDS = 1;
const DEFAULT_MAX_ATTEMPTS = 3;
const DEFAULT_BACKOFF_RATE = 2;
const TIMEOUTS = ['States.Timeout', 'States.HeartbeatTimeout'];
/** Errors that a wildcard does not catch. */
const UNCATCHABLE = ['States.DataLimitExceeded', 'States.Runtime'];

/** Whether a Retry or Catch entry is meant for this error. States.ALL takes all but terminal ones, States.TaskFailed all but timeouts. */
export function matches({ ErrorEquals }: Pick<Retrier | Catcher, 'ErrorEquals'>, { error }: StatesError): boolean {
  return ErrorEquals.some((name) => {
    if (name === error) return true;
    if (name === 'States.ALL') return !UNCATCHABLE.includes(error);
    if (name === 'States.Timeout') return error === 'States.HeartbeatTimeout';
    return name === 'States.TaskFailed' && !TIMEOUTS.includes(error) && !UNCATCHABLE.includes(error);
  });
}

/**
 * How long to wait before attempt `attempt` (1 = first retry) of a retrier.
 * @returns ms; undefined when its attempts are used up.
 */
export function retryDelayMs(retrier: Retrier, attempt: number, random: () => number): number | undefined {
  if (attempt > (retrier.MaxAttempts ?? DEFAULT_MAX_ATTEMPTS)) return undefined;
  const grown =
    (retrier.IntervalSeconds ?? DEFAULT_INTERVAL_SECONDS) *
    (retrier.BackoffRate ?? DEFAULT_BACKOFF_RATE) ** (attempt - 1);
  const seconds = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return (retrier.JitterStrategy === 'FULL' ? random() * seconds : seconds) * 1000;
}
