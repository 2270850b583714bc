import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { PartitionForm, PartitionProgress, PartitionReport } from '@/lib/domain/partition-job.ts';

/** A split that the server is making, or the last one. */
export interface PartitionJob {
  /** `<bucket>/<prefix>` of the dataset. */
  id: string;
  /** What was asked: to continue it. */
  form: PartitionForm;
  state: 'running' | 'stopping' | 'done' | 'stopped' | 'failed';
  progress: PartitionProgress | null;
  /** Of the phase it is in; null until that is known. */
  bytesPerSecond: number | null;
  report: PartitionReport | null;
  /** Why it failed. */
  problem: string | null;
}

export interface PartitionActions {
  /** Starts or continues one; the errors name the field. */
  start: (form: PartitionForm) => Promise<ActionResult<PartitionJob>>;
  /** How far it is; null where none was started since the server was. */
  read: () => Promise<PartitionJob | null>;
  /** Stops it where it can be continued. */
  stop: () => Promise<PartitionJob | null>;
  /** Deletes what there is of one that failed or was interrupted. */
  discard: (id: string) => Promise<ActionResult<unknown>>;
}
