import type { ComparedRun } from '../domain/comparison.ts';
import type { CompletenessState, RunMeasures, RunSettings, RunStatus } from '../domain/run.ts';
import { database } from './database.ts';
import { Prisma } from './generated/client.ts';

/** A run for comparison; its measures are null where it has none, its report only counts. */
export type StoredComparison = Omit<ComparedRun, 'measures'> & {
  measures: RunMeasures | null;
  cause: string | null;
  counts: { succeeded: number; total: number };
};

/**
 * Runs of experiments and single runs, in the order of their making; all runs where neither is named. The bill's lines
 * and the density grids stay in the database: 10,000 runs must fit one page.
 */
export async function findComparedRuns(which: {
  experimentIds?: string[];
  runIds?: string[];
}): Promise<StoredComparison[]> {
  const { prisma } = await database();
  const { experimentIds = [], runIds = [] } = which;
  const where =
    experimentIds.length + runIds.length === 0
      ? Prisma.sql`1`
      : Prisma.sql`Run.experimentId IN (SELECT value FROM json_each(${JSON.stringify(experimentIds)}))
          OR Run.id IN (SELECT value FROM json_each(${JSON.stringify(runIds)}))`;
  // JSON columns are spliced into one JSON text as they are: a row each through the client costs ten times as much.
  const [row] = await prisma.$queryRaw<{ runs: string | null }[]>`
    SELECT '[' || group_concat(
      '[' || json_quote(id) || ',' || json_quote(label) || ',' || json_quote(name) || ',' || json_quote(status) || ','
      || json_quote(completeness) || ',' || settings || ',' || coalesce(measures, 'null') || ','
      || coalesce(costUsd, 'null') || ',' || coalesce(json_quote(cause), 'null') || ','
      || itemsSucceeded || ',' || itemsTotal || ',' || coalesce(publishedFormulaUsd, 'null') || ','
      || coalesce(json_quote(priceBookDate), 'null') || ',' || coalesce(json_quote(region), 'null') || ']', ',') || ']' AS runs
    FROM (
      SELECT Run.id, Run.label, Experiment.name, Run.status, Run.completeness, Run.settings, Run.measures, Run.costUsd,
        Run.cause, Run.itemsSucceeded, Run.itemsTotal, Run.bill ->> 'publishedFormulaUsd' AS publishedFormulaUsd,
        Run.bill ->> 'priceBookDate' AS priceBookDate, Run.bill ->> 'region' AS region
      FROM Run JOIN Experiment ON Experiment.id = Run.experimentId
      WHERE ${where}
      ORDER BY Run.createdAt, Run.position)`;
  return (JSON.parse(row?.runs ?? '[]') as Spliced[]).map(toComparison);
}

/** COMPLETE runs of a model and memory, newest first: what estimates are made of. */
export async function findRunsLike(like: {
  modelId: string;
  memoryMb: number;
  limit: number;
}): Promise<
  { dataBytes: number; partitionSizeBytes: number; costUsd: number; mapWallMs: number; durationMs: number }[]
> {
  const { prisma } = await database();
  const rows = await prisma.run.findMany({
    where: { modelId: like.modelId, memoryMb: like.memoryMb, status: 'SUCCEEDED', completeness: 'COMPLETE' },
    orderBy: { createdAt: 'desc' },
    take: like.limit,
    select: { dataBytes: true, settings: true, costUsd: true, mapWallMs: true, durationMs: true },
  });
  return rows.flatMap(({ costUsd, mapWallMs, durationMs, ...row }) => {
    if (costUsd === null || mapWallMs === null || durationMs === null) return [];
    const { partitionSizeBytes } = JSON.parse(row.settings) as RunSettings;
    return [{ dataBytes: Number(row.dataBytes), partitionSizeBytes, costUsd, mapWallMs, durationMs }];
  });
}

type Spliced = [
  id: string,
  label: string,
  experimentName: string,
  status: RunStatus,
  completeness: CompletenessState,
  settings: RunSettings,
  measures: Omit<RunMeasures, 'bill' | 'metrics'> | null,
  costUsd: number | null,
  cause: string | null,
  succeeded: number,
  total: number,
  publishedFormulaUsd: number | null,
  priceBookDate: string | null,
  region: string | null,
];

function toComparison(spliced: Spliced): StoredComparison {
  const [id, label, experimentName, status, completeness, settings, measures, costUsd, cause, succeeded, total] =
    spliced;
  const [, , , , , , , , , , , publishedFormulaUsd, priceBookDate, region] = spliced;
  const bill =
    costUsd === null
      ? null
      : {
          totalUsd: costUsd,
          lines: [],
          publishedFormulaUsd: publishedFormulaUsd ?? 0,
          priceBookDate: priceBookDate ?? '',
          region: region ?? '',
        };
  return {
    id,
    label,
    experimentName,
    status,
    completeness,
    settings,
    measures: measures && { ...measures, bill, metrics: [] },
    cause,
    counts: { succeeded, total },
  };
}
