import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { putObject, uploadObject } from '../aws/objects.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { type ModelPackage, modelPackage } from '../domain/model-package.ts';

const realEffects = { putObject, uploadObject };
export type InstallModelEffects = typeof realEffects;

/**
 * Checks a model package folder and uploads the two files a run needs, the ONNX graph and model.json, to
 * `s3://<bucket>/<prefix>/`; replaces what is there under these names.
 *
 * @returns what model.json says and the size of the graph in bytes, or what is wrong with the folder
 */
export async function installModel(
  folder: string,
  { bucket, prefix }: { bucket: string; prefix: string },
  effects: InstallModelEffects = realEffects,
): Promise<ActionResult<{ model: ModelPackage; sizeBytes: number }>> {
  const text = await readFile(join(folder, 'model.json'), 'utf8').catch(unlessAbsent);
  if (text === undefined) return refuse('folder', `${folder} has no model.json, so it is not a model package.`);
  const checked = checkPackage(text);
  if (!checked.ok) return checked;
  const model = checked.value;

  const graph = join(folder, model.onnx);
  const found = await stat(graph).catch(unlessAbsent);
  if (!found?.isFile() || found.size === 0) {
    return refuse('onnx', `model.json names the graph ${model.onnx}, but ${folder} has no such file or it is empty.`);
  }
  // The graph first: whoever sees model.json finds the graph that it names.
  await effects.uploadObject(bucket, `${prefix}/${model.onnx}`, createReadStream(graph));
  await effects.putObject(bucket, `${prefix}/model.json`, text, 'application/json');
  return { ok: true, value: { model, sizeBytes: found.size } };
}

function checkPackage(text: string): ActionResult<ModelPackage> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse('model.json', `model.json is not JSON: ${(error as Error).message}`);
  }
  const parsed = modelPackage.safeParse(json);
  if (!parsed.success) {
    const fieldErrors = Object.fromEntries(parsed.error.issues.map(({ path, message }) => [path.join('.'), message]));
    const list = Object.entries(fieldErrors).map(([field, message]) => `${field || 'the file'}: ${message}`);
    return { ok: false, message: `model.json does not describe a model package. ${list.join('; ')}`, fieldErrors };
  }
  if (basename(parsed.data.onnx) !== parsed.data.onnx) {
    return refuse('onnx', `model.json names the graph ${parsed.data.onnx}; it must lie beside model.json.`);
  }
  return { ok: true, value: parsed.data };
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function refuse(field: string, message: string): ActionResult<never> {
  return { ok: false, message, fieldErrors: { [field]: message } };
}
