import type { DatasetJob, DatasetRequestText } from '@/components/data/dataset-job.ts';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import { parseSize } from '@/lib/domain/parse-size.ts';
import { getBackend } from '@/lib/server/backend.ts';
import { makeDataset } from '@/lib/server/make-dataset.ts';

interface Running {
  job: DatasetJob;
  stop: AbortController;
}

/** Next loads modules more than once in one process: the job is kept where all copies find it. */
const shared = globalThis as typeof globalThis & { __starmapDatasetJob?: Running };

/** The dataset being made, or the last one since the server started. */
export const datasetJob = (): DatasetJob | null => shared.__starmapDatasetJob?.job ?? null;

/** Begins to make a dataset and returns when the first of it is written, or with what is wrong with the request. */
export async function startDatasetJob(request: DatasetRequestText): Promise<ActionResult<DatasetJob>> {
  const busy = datasetJob();
  if (busy?.state === 'running' || busy?.state === 'stopping')
    return refuse(`${busy.id} is being made. Wait until it is ready, then make the next one.`);
  const sizes = sizesOf(request);
  if (!sizes.ok) return sizes;
  const { bucket } = await getBackend();
  const prefix = `datasets/${request.name.trim()}`;
  const job: DatasetJob = { id: `${bucket}/${prefix}`, state: 'running', bytesDone: 0, bytes: 1, problem: null };
  const stop = new AbortController();
  return new Promise((resolve) => {
    makeDataset({
      bucket,
      prefix,
      ...sizes.value,
      overwrite: request.overwrite,
      signal: stop.signal,
      onProgress({ bytesDone, bytes }) {
        Object.assign(job, { bytesDone, bytes });
        shared.__starmapDatasetJob = { job, stop };
        resolve({ ok: true, value: { ...job } });
      },
    })
      .then((result) => {
        if (result.ok) job.state = 'done';
        else resolve({ ...result, fieldErrors: namesOfForm(result.fieldErrors) });
      })
      .catch((error: Error) => {
        if (error === stop.signal.reason) {
          job.state = 'stopped';
          return;
        }
        const problem = ['BackendError', 'EnvError'].includes(error.name) ? error.message : 'Something went wrong.';
        if (problem !== error.message) console.error(error);
        Object.assign(job, { state: 'failed', problem });
        resolve(refuse(problem));
      });
  });
}

/** Stops it; what was written of it is deleted. */
export function stopDatasetJob(): void {
  const running = shared.__starmapDatasetJob;
  if (running?.job.state !== 'running') return;
  running.job.state = 'stopping';
  running.stop.abort();
}

function sizesOf(
  request: DatasetRequestText,
): ActionResult<{ sizeBytes: number; partitionSizeBytes: number; seed: number }> {
  const sizeBytes = parseSize(request.size);
  const partitionSizeBytes = parseSize(request.partitionSize);
  const seed = /^\d+$/.test(request.seed.trim()) ? Number(request.seed) : undefined;
  const fieldErrors: Record<string, string> = {};
  if (!request.name.trim()) fieldErrors.name = 'Give the dataset a name, such as sdss-5MB';
  if (sizeBytes === undefined) fieldErrors.size = `"${request.size}" is no size: write it such as 80MB or 1.2GB`;
  if (partitionSizeBytes === undefined)
    fieldErrors.partitionSize = `"${request.partitionSize}" is no size: write it such as 5MB`;
  if (seed === undefined || !Number.isSafeInteger(seed)) fieldErrors.seed = 'Seed must be a whole number from 0';
  if (sizeBytes === undefined || partitionSizeBytes === undefined || seed === undefined || fieldErrors.name)
    return { ok: false, message: 'Some fields need another value.', fieldErrors };
  return { ok: true, value: { sizeBytes, partitionSizeBytes, seed } };
}

const formNames: Record<string, string> = {
  prefix: 'name',
  bucket: 'name',
  sizeBytes: 'size',
  partitionSizeBytes: 'partitionSize',
};

const namesOfForm = (errors: Record<string, string>) =>
  Object.fromEntries(Object.entries(errors).map(([field, message]) => [formNames[field] ?? field, message]));

const refuse = (message: string): ActionResult<never> => ({ ok: false, message, fieldErrors: {} });
