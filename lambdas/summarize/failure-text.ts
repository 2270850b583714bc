import type { ExpectedCounts } from '../../lib/domain/plan.ts';
import type { FailedItem } from './failed-items.ts';

/** What Step Functions says about a state that failed. */
export interface StateFailure {
  Error: string;
  Cause: string;
}

/** Failed items named before it says "and n more". */
const NAMED = 20;
/** Step Functions refuses longer causes. */
const MAX_CAUSE = 32_768;

/** The map's failure in words a user can act on: which files failed, and why. */
export function explainFailure(failure: StateFailure, items: FailedItem[], expected: ExpectedCounts): StateFailure {
  const failed = items.filter((item) => !item.stopped);
  if (failed.length === 0) return failure;
  const stopped = items.length - failed.length;
  const count = `${failed.length} of ${expected.items} ${expected.items === 1 ? 'item' : 'items'} failed`;
  const others = stopped > 0 ? `, ${stopped} more ${stopped === 1 ? 'was' : 'were'} stopped` : '';
  const text = [`${count}${others}.`, ...nameFailures(failed)].join(' ');
  const isThreshold =
    failure.Error === 'States.ExceedToleratedFailureThreshold' || failure.Error === 'States.TaskFailed';
  return { Error: isThreshold ? 'PartitionsFailed' : failure.Error, Cause: text.slice(0, MAX_CAUSE) };
}

/** One sentence per failed item, for the first 20: file, error, reason. Items that were only stopped are left out. */
export function nameFailures(items: FailedItem[]): string[] {
  const failed = items.filter((item) => !item.stopped);
  const sentences = failed.slice(0, NAMED).map(({ rank, keys, reason }) => {
    const what = keys.length > 0 ? keys.slice(0, 3).join(', ') + (keys.length > 3 ? ', …' : '') : `item ${rank ?? '?'}`;
    const short = reason.length > 500 ? `${reason.slice(0, 500)}…` : reason;
    return `${what}: ${short}${/[.…]$/.test(short) ? '' : '.'}`;
  });
  return failed.length > NAMED ? [...sentences, `… and ${failed.length - NAMED} more.`] : sentences;
}
