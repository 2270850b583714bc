import * as z from 'zod';
import { listObjects, maybeReadText } from '../aws/objects.ts';
import type { ActiveRun } from '../db/run-columns.ts';
import { type ExecutionInfo, executionInfo } from '../domain/execution-info.ts';
import { executionInfoKey, itemsKey, rankOfKey } from '../domain/keys.ts';
import { type WorkItem, workItem } from '../domain/plan.ts';

/** Where a run's results lie. */
export type ResultPlace = Pick<ActiveRun, 'resultBucket' | 'resultPath'>;

const AT_ONCE = 8;

/** The plan that Initialize wrote; undefined before. */
export async function readPlan(run: ResultPlace): Promise<WorkItem[] | undefined> {
  const text = await maybeReadText(run.resultBucket, itemsKey(run.resultPath));
  return text === undefined ? undefined : z.array(workItem).parse(JSON.parse(text));
}

/** Ranks that have written their result. */
export async function listResultRanks(run: ResultPlace): Promise<number[]> {
  const ranks: number[] = [];
  for await (const { key } of listObjects(run.resultBucket, `${run.resultPath}/`, { delimiter: '/' })) {
    const rank = rankOfKey(run.resultPath, key);
    if (rank !== undefined) ranks.push(rank);
  }
  return ranks;
}

/** Records of some ranks, by default of all that have written one; what cannot be understood is left out. */
export async function readInfos(run: ResultPlace, ranks?: readonly number[]): Promise<ExecutionInfo[]> {
  const infos: ExecutionInfo[] = [];
  await eachAtOnce(ranks ?? (await listResultRanks(run)), async (rank) => {
    const text = await maybeReadText(run.resultBucket, executionInfoKey(run.resultPath, rank));
    const info = text === undefined ? undefined : executionInfo.safeParse(maybeJson(text)).data;
    if (info) infos.push({ ...info, rank });
  });
  return infos;
}

/** Does some work for each value, a few at a time. */
export async function eachAtOnce<T>(values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  const left = values.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const value of left) await work(value);
    }),
  );
}

function maybeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
