import { deleteObjects, listObjects } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { MODEL_MANIFEST, MODELS_PREFIX, splitId } from '../domain/keys.ts';
import { modelInUse } from './in-use.ts';

/** Deletes a model package with everything in its folder; refused while a run that waits or runs needs it. */
export async function deleteModel(id: string): Promise<ActionResult<{ deleted: number }>> {
  const at = splitId(id);
  const { bucket } = connection();
  if (!at || at.bucket !== bucket || !at.prefix.startsWith(MODELS_PREFIX))
    return refuse(`${id} is no model package of this deployment: they lie in ${bucket}/${MODELS_PREFIX}.`);
  const inUse = await modelInUse(id);
  if (inUse) return refuse(inUse);
  const keys: string[] = [];
  for await (const { key } of listObjects(at.bucket, `${at.prefix}/`)) keys.push(key);
  if (keys.length === 0) return refuse(`There is no model package ${id}.`);
  // model.json first: a package cut short by a crash is no package.
  const manifest = `${at.prefix}/${MODEL_MANIFEST}`;
  if (keys.includes(manifest)) await deleteObjects(at.bucket, [manifest]);
  await deleteObjects(
    at.bucket,
    keys.filter((key) => key !== manifest),
  );
  return { ok: true, value: { deleted: keys.length } };
}

const refuse = (message: string): ActionResult<never> => ({ ok: false, message, fieldErrors: {} });
