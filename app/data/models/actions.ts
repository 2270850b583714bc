'use server';

import type { ActionResult } from '@/lib/domain/action-result.ts';
import type { ModelCheck } from '@/lib/domain/model-check.ts';
import type { ModelUploadRequest } from '@/lib/domain/model-upload.ts';
import { checkModel } from '@/lib/server/check-model.ts';
import { deleteModel } from '@/lib/server/delete-model.ts';
import { beginModelUpload, cancelModelUpload, finishModelUpload } from '@/lib/server/upload-model.ts';
import { told } from '../../attempt.ts';

/** Begins to upload a model package. */
export async function beginUpload(request: ModelUploadRequest): Promise<ActionResult<{ uploadId: string }>> {
  return told(() =>
    beginModelUpload({
      name: String(request.name),
      manifest: String(request.manifest),
      files: request.files.map(({ name, sizeBytes }) => ({ name: String(name), sizeBytes: Number(sizeBytes) })),
      replace: request.replace === true,
    }),
  );
}

/** Checks what was uploaded and puts it in its place. */
export async function finishUpload(
  uploadId: string,
  name: string,
  replace: boolean,
): Promise<ActionResult<{ id: string | null; check: ModelCheck }>> {
  return told(() => finishModelUpload(String(uploadId), String(name), replace === true));
}

export async function cancelUpload(uploadId: string): Promise<void> {
  await cancelModelUpload(String(uploadId));
}

/** Runs a package on the first partition of a dataset. */
export async function checkAgainst(id: string, dataset: string, batchSize: number): Promise<ActionResult<ModelCheck>> {
  return told(() =>
    checkModel({
      model: { id: String(id) },
      data: { dataset: String(dataset) },
      batchSize: Math.max(1, Math.trunc(Number(batchSize))),
    }),
  );
}

export async function removeModel(id: string): Promise<ActionResult<{ deleted: number }>> {
  return told(() => deleteModel(String(id)));
}
