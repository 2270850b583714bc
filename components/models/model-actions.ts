import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { ModelCheck } from '@/lib/domain/model-check.ts';
import type { ModelUploadRequest } from '@/lib/domain/model-upload.ts';

/** What the pages of models ask of the server. */
export interface UploadActions {
  /** The errors name the field: `name` (also where it is taken) or `files`. */
  begin: (request: ModelUploadRequest) => Promise<ActionResult<{ uploadId: string }>>;
  finish: (
    uploadId: string,
    name: string,
    replace: boolean,
  ) => Promise<ActionResult<{ id: string | null; check: ModelCheck }>>;
  cancel: (uploadId: string) => Promise<void>;
}

export type CheckAction = (id: string, dataset: string, batchSize: number) => Promise<ActionResult<ModelCheck>>;
export type DeleteAction = (id: string) => Promise<ActionResult<{ deleted: number }>>;
