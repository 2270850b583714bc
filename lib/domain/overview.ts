import type { RunRow } from './run.ts';

/** What the first page shows. */
export interface Overview {
  running: RunRow[];
  queued: number;
  /** Latest five. */
  failed: RunRow[];
  /** Latest eight that succeeded. */
  finished: RunRow[];
  /** Sum of the bills of runs that ended in this calendar month (UTC). */
  spendThisMonthUsd: number;
  /** True where nobody bills it: the local runtime's runs are priced as AWS would. */
  spendSimulated: boolean;
  datasets: number;
  models: number;
  experiments: number;
}
