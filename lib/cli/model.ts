import path from 'node:path';
import { connection } from '../connection.ts';
import { formatBytes, plural } from '../domain/format.ts';
import { MODELS_PREFIX } from '../domain/keys.ts';
import { isUsable, type ModelCheck } from '../domain/model-check.ts';
import { checkModel } from '../server/check-model.ts';
import { deleteModel, findModelFolder } from '../server/delete-model.ts';
import { modelInUse } from '../server/in-use.ts';
import { installModel } from '../server/install-model.ts';
import { findModel, listModels } from '../server/list-models.ts';
import { accepted } from './accepted.ts';
import { confirm } from './confirm.ts';
import { s3Location } from './s3-location.ts';
import { textTable } from './text-table.ts';
import { UserError } from './user-error.ts';

/** `starmap model install`: uploads a model package folder, unless the check finds that it cannot work. */
export async function installModelFolder(folder: string, options: { out: string; json?: boolean }): Promise<void> {
  const { bucket, prefix } = modelPlace(options.out);
  const check = accepted(await checkModel({ model: { folder } }));
  if (!isUsable(check)) throw new UserError(`${inWords(check, false)}\nIt was not installed.`);
  const id = `${bucket}/${prefix}`;
  // As of an upload: runs that wait would compute with another model under the old name.
  const inUse = await modelInUse(id);
  if (inUse) throw new UserError(`${inUse} It was not installed.`);
  const before = await findModel(id);
  accepted(await installModel(path.resolve(folder), { bucket, prefix }));
  const { etag = '' } = (await findModel(id)) ?? {};
  const replaced = before && { name: before.name, etag: before.etag };
  const what = replaced ? `is in place of ${replacement(replaced, etag)}` : 'is in place';
  console.log(options.json ? JSON.stringify({ id, bucket, prefix, etag, replaced }) : `Model package ${id} ${what}.`);
}

/** What was there under the name, and which graph it had: the version is that of the graph, as `model list` shows it. */
function replacement({ name, etag: before }: { name: string; etag: string }, etag: string): string {
  if (before === '') return `${name}, which could not be used; version ${version(etag)}`;
  if (before === etag) return `${name}, which had the same graph, version ${version(etag)}`;
  return `${name}, version ${version(before)}; it is version ${version(etag)} now`;
}

/** Elsewhere than where packages lie no list would show it and no command delete it. */
function modelPlace(out: string): { bucket: string; prefix: string } {
  const place = s3Location(out);
  const { bucket } = connection();
  const name = place.prefix.startsWith(MODELS_PREFIX) ? place.prefix.slice(MODELS_PREFIX.length) : '';
  if (place.bucket !== bucket || name === '' || name.includes('/'))
    throw new UserError(
      `--out must be s3://${bucket}/${MODELS_PREFIX}<name>, where the model packages of this deployment lie, not ${out}`,
    );
  return place;
}

/** `starmap model list`: the packages in the deployment's bucket. */
export async function printModels(options: { json?: boolean }): Promise<void> {
  const models = await listModels();
  if (options.json) {
    console.log(JSON.stringify({ models }));
    return;
  }
  const rows = models.map(({ id, sizeBytes, etag, inputs, outputs, problem }) => [
    id,
    formatBytes(sizeBytes),
    version(etag),
    inputs.map(({ name }) => name).join(', '),
    outputs.map(({ column }) => column).join(', '),
    problem ?? '',
  ]);
  console.log(textTable(['model', 'size', 'version', 'inputs', 'outputs', 'problem'], rows));
}

const version = (etag: string) => etag.slice(0, 8);

/** `starmap model delete`: says what goes, and asks. */
export async function removeModel(place: string, options: { yes?: boolean; json?: boolean }): Promise<void> {
  const { id, keys, sizeBytes } = accepted(await findModelFolder(place));
  const what = `the model package ${id}: ${plural(keys.length, 'file')}, ${formatBytes(sizeBytes)}`;
  if (!options.yes && !(await confirm(`Delete ${what}?`))) throw new UserError('Nothing was deleted.');
  const { deleted } = accepted(await deleteModel(id));
  console.log(options.json ? JSON.stringify({ id, deleted }) : `Deleted ${what}.`);
}

interface CheckOptions {
  partition?: string;
  dataset?: string;
  batch: string;
  json?: boolean;
}

/** `starmap model check`: what does not fit; exit code 1 where a run could not succeed. */
export async function checkModelFolder(folder: string, options: CheckOptions): Promise<void> {
  const { partition, dataset } = options;
  if (partition !== undefined && dataset !== undefined) throw new UserError('Give --partition or --dataset, not both.');
  const batchSize = Number(options.batch);
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new UserError(`--batch must be a whole number from 1, not "${options.batch}"`);
  const data = partition ? { file: partition } : dataset ? { dataset } : undefined;
  const check = accepted(await checkModel({ model: { folder }, ...(data ? { data } : {}), batchSize }));
  if (options.json) console.log(JSON.stringify({ ok: isUsable(check), ...check }));
  else console.log(inWords(check, data !== undefined));
  if (!isUsable(check)) process.exitCode = 1;
}

function inWords(check: ModelCheck, withData: boolean): string {
  const { name, findings, inputs, outputs, loadMs, peakRssMb, trial } = check;
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  const errors = count('error');
  const verdict =
    errors > 0
      ? `does not fit: ${plural(errors, 'error')}`
      : withData
        ? 'fits'
        : 'fits its graph; name data by --partition FILE or --dataset <bucket>/<prefix> to run it';
  return [
    `Model package ${name ?? '(no name)'} ${verdict}.`,
    ...findings.map(({ severity, about, message }) => `  ${severity}  ${about}: ${message}`),
    ...(inputs.length > 0 ? ['', 'Inputs of the graph'] : []),
    ...inputs.map(
      ({ name: input, type, shape, source, zeroCopy }) =>
        `  ${input} ${type} [${shape.map((d) => d || '?').join(', ')}]${source ? ` ← ${source}${zeroCopy ? ', read where it was received' : ''}` : ''}`,
    ),
    ...(outputs.length > 0 ? ['', `Outputs of the graph  ${outputs.join(', ')}`] : []),
    ...(trial
      ? [
          '',
          `Ran ${trial.file}: ${plural(trial.samples, 'sample')} in ${plural(trial.batches, 'batch', 'batches')} of ${trial.batchSize}, ${Math.round(trial.samplesPerSecond).toLocaleString('en-US')} samples/s on ${plural(trial.threads, 'thread')}`,
          `Loaded in ${Math.round(loadMs ?? 0)} ms, all in ${Math.round(trial.wallMs)} ms, ${Math.round(peakRssMb)} MB of memory`,
          '',
          textTable(trial.columns, trial.rows),
        ]
      : []),
  ].join('\n');
}
