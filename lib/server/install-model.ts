import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteObjects, listObjects, maybeHeadObject, putObject, uploadObject } from '../aws/objects.ts';
import type { ActionResult } from '../domain/action-result.ts';
import { type ModelPackage, packageFiles } from '../domain/model-package.ts';
import { listProblems, parseModelPackage } from '../domain/parse-model-package.ts';

const realEffects = { deleteObjects, listObjects, maybeHeadObject, putObject, uploadObject };
export type InstallModelEffects = typeof realEffects;

interface Place {
  bucket: string;
  prefix: string;
}

/** As `installModel`, unless a package is there already: it may have been replaced by a user's own. */
export async function provideModel(
  folder: string,
  place: Place,
  effects: InstallModelEffects = realEffects,
): Promise<ActionResult<unknown>> {
  const there = await effects.maybeHeadObject(place.bucket, `${place.prefix}/model.json`);
  return there ? { ok: true, value: undefined } : installModel(folder, place, effects);
}

/**
 * Checks a model package folder and uploads the files that a run needs, those that model.json names and then model.json
 * itself, to `s3://<bucket>/<prefix>/`. What else lies there goes: files of the package that was there before, and graphs
 * that runs have prepared of it.
 *
 * @returns what model.json says and the size of the files it names in bytes, or what is wrong with the folder
 */
export async function installModel(
  folder: string,
  { bucket, prefix }: Place,
  effects: InstallModelEffects = realEffects,
): Promise<ActionResult<{ model: ModelPackage; sizeBytes: number }>> {
  const text = await readFile(join(folder, 'model.json'), 'utf8').catch(unlessAbsent);
  if (text === undefined) return refuse({ folder: `${folder} has no model.json, so it is not a model package.` });
  const { value: model, problems } = parseModelPackage(text);
  if (!model) {
    const message = `model.json does not describe a model package. ${listProblems(problems)}`;
    const fieldErrors = Object.fromEntries(problems.map((problem) => [problem.field || 'model.json', problem.message]));
    return { ok: false, message, fieldErrors };
  }

  const files = packageFiles(model);
  const found = await Promise.all(files.map((file) => stat(join(folder, file)).catch(unlessAbsent)));
  const absent = files.filter((_, i) => !found[i]?.isFile() || found[i]?.size === 0);
  if (absent.length > 0)
    return refuse(Object.fromEntries(absent.map((file) => [roleOf(file, model), missing(file, folder)])));

  const before: string[] = [];
  for await (const { key } of effects.listObjects(bucket, `${prefix}/`)) before.push(key);
  // model.json last: whoever sees it finds the files that it names.
  const manifest = `${prefix}/model.json`;
  for (const file of files)
    await effects.uploadObject(bucket, `${prefix}/${file}`, createReadStream(join(folder, file)));
  await effects.putObject(bucket, manifest, text, 'application/json');
  const ours = new Set([manifest, ...files.map((file) => `${prefix}/${file}`)]);
  await effects.deleteObjects(
    bucket,
    before.filter((key) => !ours.has(key)),
  );
  return { ok: true, value: { model, sizeBytes: found.reduce((sum, file) => sum + (file?.size ?? 0), 0) } };
}

/** The field of model.json that names a file. */
const roleOf = (file: string, { onnx, script }: ModelPackage) =>
  file === onnx ? 'onnx' : file === script ? 'script' : 'external_data';

const missing = (file: string, folder: string) =>
  `model.json names ${file}, but ${folder} has no such file or it is empty.`;

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function refuse(fieldErrors: Record<string, string>): ActionResult<never> {
  return { ok: false, message: Object.values(fieldErrors).join(' '), fieldErrors };
}
