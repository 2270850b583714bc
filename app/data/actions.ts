'use server';

import type { DatasetJob, DatasetRequestText } from '@/components/data/dataset-job.ts';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import { datasetJob, startDatasetJob } from './dataset-jobs.ts';

/** Begins to make a dataset of simulated galaxies. */
export async function makeDatasetOf(request: DatasetRequestText): Promise<ActionResult<DatasetJob>> {
  const { name, size, partitionSize, seed, overwrite } = request;
  return startDatasetJob({
    name: String(name),
    size: String(size),
    partitionSize: String(partitionSize),
    seed: String(seed),
    overwrite: overwrite === true,
  });
}

/** How far the server is with it. */
export async function readDatasetJob(): Promise<DatasetJob | null> {
  return datasetJob();
}
