'use server';

import type { PartitionJob } from '@/components/data/partition-job.ts';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { PartitionForm } from '@/lib/domain/partition-job.ts';
import type { Deleted } from '@/lib/server/delete-dataset.ts';
import { told } from '../../attempt.ts';
import { discardPartitionJob, partitionJob, startPartitionJob, stopPartitionJob } from './partition-jobs.ts';

/** Begins to split a file or folder, or continues it. */
export async function splitInto(form: PartitionForm): Promise<ActionResult<PartitionJob>> {
  return startPartitionJob({
    source: String(form.source),
    out: String(form.out),
    size: String(form.size),
    samples: String(form.samples),
    format: String(form.format),
    tensors: String(form.tensors),
    overwrite: form.overwrite === true,
    verify: form.verify === true,
  });
}

/** How far the server is with it. */
export async function readPartitionJob(): Promise<PartitionJob | null> {
  return partitionJob();
}

export async function stopSplitting(): Promise<PartitionJob | null> {
  return stopPartitionJob();
}

/** Deletes what there is of one that failed or was interrupted. */
export async function discardSplit(id: string): Promise<ActionResult<Deleted>> {
  return told(() => discardPartitionJob(String(id)));
}
