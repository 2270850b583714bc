import { asField } from '@/components/data/partition-fields.ts';
import type { PartitionJob } from '@/components/data/partition-job.ts';
import type { ActionResult } from '@/lib/domain/action-result.ts';
import { toPartitionRequest } from '@/lib/domain/partition-form.ts';
import type { PartitionForm, PartitionProgress } from '@/lib/domain/partition-job.ts';
import { getBackend } from '@/lib/server/backend.ts';
import { type Deleted, discardUnfinished } from '@/lib/server/delete-dataset.ts';
import { partitionDataset } from '@/lib/server/partition-dataset.ts';

interface Running {
  job: PartitionJob;
  stop: AbortController;
}

/** Next loads modules more than once in one process: the job is kept where all copies find it. */
const shared = globalThis as typeof globalThis & { __starmapPartitionJob?: Running };

/** The split being made, or the last one since the server started. */
export const partitionJob = (): PartitionJob | null => shared.__starmapPartitionJob?.job ?? null;

/** A source with many files is opened for longer than a form should wait; from then on it is followed. */
const WAIT_MS = 3_000;

/** Begins or continues a split; returns when it is under way, or with what is wrong with the request. */
export async function startPartitionJob(form: PartitionForm): Promise<ActionResult<PartitionJob>> {
  const busy = partitionJob();
  if (busy?.state === 'running' || busy?.state === 'stopping')
    return refuse(`${busy.id} is being made. Wait until it is ready, or stop it.`);
  const { bucket } = await getBackend();
  const parsed = toPartitionRequest(form, bucket);
  if (!parsed.ok) return parsed;
  const request = parsed.value;
  const job: PartitionJob = {
    id: `${request.bucket}/${request.prefix}`,
    form,
    state: 'running',
    progress: null,
    bytesPerSecond: null,
    report: null,
    problem: null,
  };
  const stop = new AbortController();
  const previous = shared.__starmapPartitionJob;
  shared.__starmapPartitionJob = { job, stop };
  return new Promise((resolve) => {
    const answer = () => resolve({ ok: true, value: { ...job } });
    const timer = setTimeout(answer, WAIT_MS);
    const rate = openRate();
    const onProgress = (progress: PartitionProgress) => {
      job.progress = progress;
      job.bytesPerSecond = rate(progress);
      answer();
    };
    partitionDataset(request, { onProgress, signal: stop.signal, writeOption: asField })
      .then((result) => {
        if (!result.ok) {
          Object.assign(job, { state: 'failed', problem: result.message });
          // Refused before anything was written: the form says it.
          if (!job.progress) restore(previous);
          resolve({ ...result, fieldErrors: namesOfForm(result.fieldErrors) });
        } else if (result.value.state === 'done') Object.assign(job, { state: 'done', report: result.value });
        else {
          // The last progress is older than the end.
          const { state, ...reached } = result.value;
          Object.assign(job, { state, progress: job.progress && { ...job.progress, ...reached } });
        }
      })
      .catch((error: Error) => {
        const known = ['BackendError', 'EnvError'].includes(error.name);
        if (!known) console.error(error);
        Object.assign(job, { state: 'failed', problem: known ? error.message : 'Something went wrong.' });
        resolve(refuse(job.problem ?? ''));
      })
      .finally(() => {
        clearTimeout(timer);
        answer();
      });
  });
}

/** Stops it; what is written stays, to be continued. */
export function stopPartitionJob(): PartitionJob | null {
  const running = shared.__starmapPartitionJob;
  if (running?.job.state === 'running') {
    running.job.state = 'stopping';
    running.stop.abort();
  }
  return partitionJob();
}

/** Deletes what there is of an unfinished dataset, which nothing of this server may be writing. */
export async function discardPartitionJob(id: string): Promise<ActionResult<Deleted>> {
  const job = partitionJob();
  const isJob = job?.id === id;
  if (isJob && (job.state === 'running' || job.state === 'stopping'))
    return refuse(`${id} is being made. Stop it, then discard it.`);
  const result = await discardUnfinished(id);
  if (result.ok && isJob) delete shared.__starmapPartitionJob;
  return result;
}

function restore(previous: Running | undefined): void {
  if (previous) shared.__starmapPartitionJob = previous;
  else delete shared.__starmapPartitionJob;
}

/** Bytes per second since the phase began; what was there already does not count. */
function openRate(): (progress: PartitionProgress) => number | null {
  let begun: { phase: string; atMs: number; bytes: number } | undefined;
  return ({ phase, bytesDone }) => {
    if (begun?.phase !== phase) begun = { phase, atMs: performance.now(), bytes: bytesDone };
    const seconds = (performance.now() - begun.atMs) / 1000;
    return seconds > 0.5 ? (bytesDone - begun.bytes) / seconds : null;
  };
}

/** The tool speaks of a cut; the form has two fields for it. */
const namesOfForm = (errors: Record<string, string>) =>
  Object.fromEntries(Object.entries(errors).map(([field, message]) => [field === 'cut' ? 'size' : field, message]));

const refuse = (message: string): ActionResult<never> => ({ ok: false, message, fieldErrors: {} });
