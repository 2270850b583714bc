import type { ComparedRun } from '../domain/comparison.ts';
import type { CompletenessState, RunMeasures, RunSettings, RunStatus } from '../domain/run.ts';
import { database } from './database.ts';

/** A run for comparison; its measures are null where it has none, its report only counts. */
export type StoredComparison = Omit<ComparedRun, 'measures' | 'model'> & {
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
  const { prisma, statements } = await database();
  const { experimentIds = [], runIds = [] } = which;
  // JSON columns are spliced into one JSON text as they are: a row each through the client costs ten times as much.
  const [row] = await prisma.$queryRawUnsafe<{ text: string | null }[]>(
    statements.comparedRuns,
    JSON.stringify(experimentIds),
    JSON.stringify(runIds),
  );
  return (JSON.parse(row?.text ?? '[]') as SplicedRun[]).map(toComparison);
}

export interface FinishedRun {
  settings: RunSettings;
  costUsd: number;
  mapWallMs: number;
  durationMs: number;
}

/** COMPLETE runs of a model and memory, newest first: what estimates are made of. */
export async function findRunsLike(like: { modelId: string; memoryMb: number; limit: number }): Promise<FinishedRun[]> {
  const { prisma } = await database();
  const rows = await prisma.run.findMany({
    where: { modelId: like.modelId, memoryMb: like.memoryMb, status: 'SUCCEEDED', completeness: 'COMPLETE' },
    orderBy: { createdAt: 'desc' },
    take: like.limit,
    select: { settings: true, costUsd: true, mapWallMs: true, durationMs: true },
  });
  return rows.flatMap(({ settings, costUsd, mapWallMs, durationMs }) => {
    if (costUsd === null || mapWallMs === null || durationMs === null) return [];
    return [{ settings: JSON.parse(settings) as RunSettings, costUsd, mapWallMs, durationMs }];
  });
}

type SplicedRun = [
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

function toComparison(spliced: SplicedRun): StoredComparison {
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
