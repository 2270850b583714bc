import { isUnreachable } from '../aws/plain-words.ts';
import { backendInUse } from '../connection.ts';
import { countExperiments } from '../db/experiments.ts';
import { countRuns, findLastEndedRuns, findRunningRuns, sumCostSince } from '../db/runs.ts';
import type { Overview } from '../domain/overview.ts';
import { BackendError } from '../env.ts';
import { listDatasets } from './list-datasets.ts';
import { listModels } from './list-models.ts';

/** What the first page shows. It stands also while the services do not answer: datasets and models are 0 then. */
export async function getOverview(): Promise<Overview> {
  const [running, queued, failed, finished, spendThisMonthUsd, datasets, models, experiments] = await Promise.all([
    findRunningRuns(50),
    countRuns('QUEUED'),
    findLastEndedRuns('FAILED', 5),
    findLastEndedRuns('SUCCEEDED', 8),
    sumCostSince(startOfMonth(new Date())),
    countOf(listDatasets()),
    countOf(listModels()),
    countExperiments(),
  ]);
  const spendSimulated = backendInUse() === 'local';
  return { running, queued, failed, finished, spendThisMonthUsd, spendSimulated, datasets, models, experiments };
}

const startOfMonth = (now: Date) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));

async function countOf(listing: Promise<unknown[]>): Promise<number> {
  try {
    return (await listing).length;
  } catch (error) {
    if (error instanceof BackendError || isUnreachable(error)) return 0;
    throw error;
  }
}
