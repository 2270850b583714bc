import type { ItemCounts } from './run.ts';

/**
 * The services are only eventually consistent, and while the item list is read its total still grows: what was counted
 * as done stays so, and the total never falls below the plan's.
 */
export function advanceCounts(before: ItemCounts, now: ItemCounts): ItemCounts {
  const succeeded = Math.max(before.succeeded, now.succeeded);
  const failed = Math.max(before.failed, now.failed);
  const timedOut = Math.max(before.timedOut, now.timedOut);
  const aborted = Math.max(before.aborted, now.aborted);
  const total = Math.max(before.total, now.total);
  const open = Math.max(0, total - succeeded - failed - timedOut - aborted);
  const running = Math.min(now.running, open);
  return { pending: open - running, running, succeeded, failed, timedOut, aborted, total };
}
