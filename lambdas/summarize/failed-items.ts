import * as z from 'zod';
import { readFailure } from '../../lib/domain/failure-cause.ts';
import type { SignedGet } from './signed-get.ts';

/** A child execution that did not succeed, in words. */
export interface FailedItem {
  rank: number | undefined;
  keys: string[];
  /** It did nothing wrong: it was stopped when the run failed. */
  stopped: boolean;
  /** `PartitionTruncated: tensor image ends at byte 100, the file at 90` */
  reason: string;
}

/** Step Functions writes these files; every field may be absent. */
const failedExecutions = z.array(
  z.looseObject({
    Status: z.string().optional(),
    Error: z.string().optional(),
    Cause: z.string().optional(),
    Input: z.unknown().optional(),
  }),
);
const childInput = z.looseObject({
  rank: z.number().optional(),
  partitions: z.array(z.looseObject({ key: z.string() })).optional(),
});

/** Files larger than this are not read: they would not fit the memory, and 20 names are enough. */
const MAX_ITEMS = 10_000;

/**
 * Reads the map's `FAILED_<n>.json`. After a redrive the newer file has the last word on a rank.
 * @param isDone true for ranks whose result is there in spite of an earlier failure.
 */
export async function readFailedItems(
  get: SignedGet,
  keys: string[],
  isDone: (rank: number) => boolean,
): Promise<FailedItem[]> {
  const items = new Map<string, FailedItem>();
  for (const key of keys) {
    const bytes = await get(key);
    const executions = failedExecutions.safeParse(maybeJson(bytes?.toString()));
    for (const execution of executions.data ?? []) {
      const input = childInput.safeParse(maybeJson(execution.Input)).data ?? {};
      if (input.rank !== undefined && isDone(input.rank)) continue;
      const partitions = input.partitions?.map((partition) => partition.key) ?? [];
      if (items.size >= MAX_ITEMS) continue;
      items.set(String(input.rank ?? `unknown ${items.size}`), {
        rank: input.rank,
        keys: partitions,
        stopped: execution.Status === 'ABORTED' && execution.Error === undefined,
        reason: reasonOf(execution, partitions),
      });
    }
  }
  return [...items.values()].sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
}

function reasonOf(execution: { Status?: string; Error?: string; Cause?: string }, keys: string[]): string {
  const { error, message } = readFailure(execution.Error ?? execution.Status ?? 'failed', execution.Cause);
  const key = keys.find((k) => message.startsWith(`${k}: `));
  if (key !== undefined) return `${error}: ${message.slice(key.length + 2)}`;
  return message === error ? error : `${error}: ${message}`;
}

/** JSON in a string, an object as it is, undefined for anything else. */
function maybeJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
