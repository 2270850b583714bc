'use server';

import type { DatasetJob, DatasetRequestText } from '@/components/data/dataset-job.ts';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import { type Deleted, deleteDataset } from '@/lib/server/delete-dataset.ts';
import { told } from '../attempt.ts';
import { datasetJob, startDatasetJob, stopDatasetJob } from './dataset-jobs.ts';
import { partitionJob } from './partition/partition-jobs.ts';

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

/** Stops it; nothing of it is kept. */
export async function stopMakingDataset(): Promise<void> {
  stopDatasetJob();
}

/** Deletes a dataset that nothing reads or writes. */
export async function removeDataset(id: string): Promise<ActionResult<Deleted>> {
  const busy = [datasetJob(), partitionJob()].some(
    (job) => job?.id === id && ['running', 'stopping'].includes(job.state),
  );
  if (busy) return { ok: false, message: `${id} is being made. Wait for its end first.`, fieldErrors: {} };
  return told(() => deleteDataset(String(id)));
}
