import { type ExecutionInfo, executionInfo } from '../../lib/domain/execution-info.ts';
import type { RunContext, WorkItem } from '../../lib/domain/plan.ts';
import { inOrder } from '../in-order.ts';
import type { Listing } from './listing.ts';
import type { SignedGet } from './signed-get.ts';

/** What was found for one expected item. */
export type ItemResult = { item: WorkItem } & (
  | { state: 'found'; info: ExecutionInfo; json: string; predictions: Buffer | undefined }
  | { state: 'missing' }
  /** A result lies in its place that this run has not written. */
  | { state: 'foreign'; key: string; why: string }
);

/** Files above this size are read row group by row group instead of whole. */
export const WHOLE_FILE_BYTES = 1_000_000;
const CONCURRENCY = 48;

/** Fetches the results of the items, many at a time, and yields them in order of rank. */
export function readResults(
  get: SignedGet,
  run: RunContext,
  items: AsyncIterable<WorkItem>,
  listing: Listing,
): AsyncGenerator<ItemResult> {
  return inOrder(items, CONCURRENCY, async (item): Promise<ItemResult> => {
    if (!listing.hasResult[item.rank]) return { item, state: 'missing' };
    const sizeBytes = listing.predictionsBytes[item.rank] ?? 0;
    const isSmall = sizeBytes > 0 && sizeBytes <= WHOLE_FILE_BYTES;
    const key = `${run.result_path}/${item.rank}.json`;
    const [json, predictions] = await Promise.all([
      get(key),
      isSmall ? get(predictionsKey(run, item.rank)) : undefined,
    ]);
    if (!json) return { item, state: 'missing' };
    const checked = check(json.toString(), run, item);
    return typeof checked === 'string'
      ? { item, state: 'foreign', key, why: checked }
      : { item, state: 'found', info: checked, json: json.toString(), predictions };
  });
}

export const predictionsKey = (run: RunContext, rank: number) => `${run.result_path}/predictions/${rank}.parquet`;

/** The record, or why it is not this item's. */
function check(json: string, run: RunContext, item: WorkItem): ExecutionInfo | string {
  let info: ExecutionInfo;
  try {
    info = executionInfo.parse(JSON.parse(json));
  } catch {
    return 'it is not a result record';
  }
  if (info.execution_arn !== run.execution_arn) return 'another execution has written it';
  const keys = item.partitions.map((partition) => partition.key);
  const same = info.rank === item.rank && keys.length === info.data_paths?.length;
  if (!same || keys.some((key, i) => key !== info.data_paths?.[i])) return 'it tells of other partitions than the plan';
  return info;
}
