import type { ActionResult } from '@/lib/domain/action-result.ts';

/** A dataset being made by the server, or the last one it made. */
export interface DatasetJob {
  /** `<bucket>/<prefix>` */
  id: string;
  state: 'running' | 'stopping' | 'done' | 'stopped' | 'failed';
  bytesDone: number;
  bytes: number;
  /** Why it failed. */
  problem: string | null;
}

/** As typed. */
export interface DatasetRequestText {
  name: string;
  size: string;
  partitionSize: string;
  seed: string;
  overwrite: boolean;
}

export interface DatasetActions {
  /** Starts to make one; the errors name the field. */
  start: (request: DatasetRequestText) => Promise<ActionResult<DatasetJob>>;
  /** How far it is; null where none was made since the server started. */
  read: () => Promise<DatasetJob | null>;
  /** Stops it; nothing of it is kept. */
  stop: () => Promise<void>;
}
