import { deleteObjects, listObjects } from '../aws/objects.ts';
import { connection } from '../connection.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { MODEL_MANIFEST, MODELS_PREFIX, splitId } from '../domain/keys.ts';
import { modelInUse } from './in-use.ts';

interface ModelFolder {
  /** `<bucket>/<prefix>` */
  id: string;
  bucket: string;
  prefix: string;
  keys: string[];
  sizeBytes: number;
}

/** Everything in the folder of one of this deployment's model packages. */
export async function findModelFolder(text: string): Promise<ActionResult<ModelFolder>> {
  const at = splitId(text);
  const { bucket } = connection();
  if (!at || at.bucket !== bucket || !at.prefix.startsWith(MODELS_PREFIX))
    return refuse(`${text} is no model package of this deployment: they lie in ${bucket}/${MODELS_PREFIX}.`);
  const folder: ModelFolder = { id: `${at.bucket}/${at.prefix}`, ...at, keys: [], sizeBytes: 0 };
  for await (const { key, sizeBytes } of listObjects(at.bucket, `${at.prefix}/`)) {
    folder.keys.push(key);
    folder.sizeBytes += sizeBytes;
  }
  return folder.keys.length > 0 ? { ok: true, value: folder } : refuse(`There is no model package ${folder.id}.`);
}

/** Deletes a model package with everything in its folder; refused while a run that waits or runs needs it. */
export async function deleteModel(id: string): Promise<ActionResult<{ deleted: number }>> {
  const found = await findModelFolder(id);
  if (!found.ok) return found;
  const { bucket, prefix, keys } = found.value;
  const inUse = await modelInUse(found.value.id);
  if (inUse) return refuse(inUse);
  // model.json first: a package cut short by a crash is no package.
  const manifest = `${prefix}/${MODEL_MANIFEST}`;
  if (keys.includes(manifest)) await deleteObjects(bucket, [manifest]);
  await deleteObjects(
    bucket,
    keys.filter((key) => key !== manifest),
  );
  return { ok: true, value: { deleted: keys.length } };
}

const refuse = (message: string): ActionResult<never> => ({ ok: false, message, fieldErrors: {} });
